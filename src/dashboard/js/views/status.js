// The state of the server: the feed, the clients, the storage, memory; what is wrong, in words.
import {el, fill} from '../dom/el.js';
import {cell, table, tile} from '../dom/parts.js';
import {Asker} from '../live/http.js';
import {bytes, duration, plural} from '../model/format.js';
import {faults, feedState, lapsOf, storageState} from '../model/status.js';

/** @import {Context, View} from './context.js' */

const ASK_MS = 5000;

function startOfToday() {
  const day = new Date();
  day.setHours(0, 0, 0, 0);
  return day.toISOString();
}

/** @param {HTMLElement} host @param {Context} ctx @returns {View} */
export function status(host, ctx) {
  const {live} = ctx;
  const asker = new Asker();
  const wrong = el('section.faults', {'aria-label': 'What is wrong', role: 'status'});
  const tiles = el('dl.tiles');
  const clients = el('section.panel');
  fill(host, el('h1', null, 'Status'), wrong, tiles, clients);
  /** @type {Record<string, any>} the newest bodies, by name */
  const known = {};
  let asked = -Infinity;
  let drawn = '';
  let told = '';
  let link = '';

  /** @param {string} what @param {string} url */
  async function ask(what, url) {
    try {
      const {status: code, body} = await asker.get(url, false);
      known[what] = code === 200 ? body : null;
    } catch {
      known[what] = null;
    }
    draw();
  }

  function draw() {
    const now = JSON.stringify([known, live.health, live.link]);
    if (now === drawn) return;
    drawn = now;
    const {health} = live;
    const list = faults(health, live.link !== 'gone');
    tell(list, health ? 'Everything works.' : 'Asking…');
    const {stats} = known;
    const feed = feedState(health, Date.now());
    const storage = storageState(health);
    const rss = stats?.server?.memory?.rss;
    fill(
      tiles,
      state('Feed', feed),
      state('Storage', storage),
      tile(
        'Sessions stored',
        stats ? String(stats.storage.totalSessions) : '–',
        '',
        stats ? `${bytes(stats.storage.storageSize)}, at most ${stats.storage.maxSessions} kept` : '',
      ),
      tile(
        'Laps today',
        known.today ? String(lapsOf(known.today.sessions)) : '–',
        '',
        known.today ? `in ${plural(known.today.total, 'session')}` : '',
      ),
      tile(
        'Clients',
        known.clients ? String(known.clients.totalClients) : '–',
        '',
        known.clients ? 'on the push stream' : '',
      ),
      tile('Memory', rss ? bytes(rss) : '–'),
      tile(
        'Frames',
        health?.websocket ? String(health.websocket.frames) : '–',
        '',
        health?.websocket ? `${health.websocket.applied} taken in` : '',
      ),
      tile(
        'Running for',
        health ? duration(health.uptime * 1000) : '–',
        '',
        stats?.server?.version ? `version ${stats.server.version}` : '',
      ),
    );
    drawClients();
  }

  /** Read out when it is written: not each time that it is looked at. @param {string[]} list @param {string} well */
  function tell(list, well) {
    const now = JSON.stringify([list, well]);
    if (now === told) return;
    told = now;
    wrong.dataset.kind = list.length ? 'bad' : 'good';
    const lines = () => list.map((text) => el('li', null, text));
    fill(wrong, list.length ? el('ul', null, lines()) : el('p', null, well));
  }

  /** @param {string} label @param {{text: string, kind: string, note: string}} what */
  function state(label, {text, kind, note}) {
    const node = tile(label, text, '', note);
    node.dataset.kind = kind;
    return node;
  }

  function drawClients() {
    const list = known.clients?.clients;
    clients.toggleAttribute('hidden', !Array.isArray(list) || list.length === 0);
    if (!Array.isArray(list)) return;
    fill(
      clients,
      el('h2', null, 'Clients of the push stream'),
      table(
        'Clients of the push stream',
        [{text: 'Client', cls: 'num'}, {text: 'Connected for', cls: 'num'}, {text: 'Behind', cls: 'num'}, 'Program'],
        list
          .slice(0, 200)
          .map((client) => [
            cell(String(client.id), 'num'),
            cell(duration(client.durationSeconds * 1000), 'num'),
            cell(bytes(client.lagBytes ?? 0), 'num'),
            cell(String(client.userAgent ?? ''), 'wide'),
          ]),
      ),
    );
  }

  return {
    title: () => 'Status',
    update() {
      if (performance.now() - asked > ASK_MS || link !== live.link) {
        asked = performance.now();
        link = live.link;
        void live.askHealth();
        void ask('stats', '/api/stats');
        void ask('clients', '/api/clients');
        void ask('today', `/api/sessions?from=${encodeURIComponent(startOfToday())}`);
      }
      draw();
    },
  };
}
