// The sessions of before: searched, opened, exported, deleted.
import {el, fill} from '../dom/el.js';
import {cell, name, table} from '../dom/parts.js';
import {Asker, deleteSession} from '../live/http.js';
import {dateTime, duration, plural} from '../model/format.js';
import {href} from '../model/route.js';

/** @import {Context, View} from './context.js' */
/**
 * @typedef {{
 *   sessionId: string | number, eventName: string, trackConfigId?: number, trackName: string | null, date: string, karts: number,
 *   laps: number, duration: number, winner: unknown, isComplete: boolean, isCurrent: boolean,
 * }} Listed
 */

const PAGE = 25;
const AGAIN_MS = 15000;
const GROWING_MS = 2000; // while the server still reads what is to be in it

/** @type {[name: string, label: string, type: string][]} */
const FIELDS = [
  ['event', 'Event', 'search'],
  ['driver', 'Driver', 'search'],
  ['of', 'Track', 'search'],
  ['from', 'From', 'date'],
  ['to', 'To', 'date'],
];

/**
 * The listing's address for a search.
 * @param {Record<string, string>} search @param {number} page
 */
export function listing(search, page) {
  const params = new URLSearchParams({limit: String(PAGE), offset: String((page - 1) * PAGE)});
  for (const [field] of FIELDS) {
    const value = search[field];
    if (!value) continue;
    // A day is the reader's own: its first and its last moment there.
    if (field === 'from') params.set('from', dayEdge(value, 'T00:00:00.000'));
    else if (field === 'to') params.set('to', dayEdge(value, 'T23:59:59.999'));
    else params.set(field === 'of' ? 'track' : field, value);
  }
  return `/api/sessions?${params}`;
}

/** @param {string} day @param {string} time */
function dayEdge(day, time) {
  const date = new Date(day + time);
  return Number.isNaN(date.getTime()) ? day : date.toISOString();
}

/** The winner of a listing: an object of ours, a name of the first server. @param {unknown} winner */
export function winnerName(winner) {
  if (typeof winner === 'string') return winner;
  return winner && typeof winner === 'object' && 'name' in winner ? String(winner.name) : '';
}

/** @param {HTMLElement} host @param {Context} ctx @returns {View} */
export function history(host, ctx) {
  const {search, page} = ctx.route;
  const asker = new Asker();
  const list = el('div');
  const form = el(
    'form.search',
    {role: 'search', onsubmit: (/** @type {Event} */ event) => submit(event)},
    FIELDS.map(([field, label, type]) =>
      el('label', null, el('span', null, label), el('input', {name: field, type, value: search[field] ?? ''})),
    ),
    el('button.button', {type: 'submit'}, 'Search'),
    Object.keys(search).length ? el('a.button', {href: href({view: 'history'})}, 'Clear') : null,
  );
  fill(host, el('h1', null, 'Sessions'), form, list);
  let asked = -Infinity;
  let again = AGAIN_MS;
  let closed = false;

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    const values = new FormData(form);
    /** @type {Record<string, string>} */
    const wanted = {};
    for (const [field] of FIELDS) wanted[field] = String(values.get(field) ?? '').trim();
    ctx.go(href({view: 'history', theme: ctx.route.theme, search: wanted}));
  }

  async function ask() {
    asked = performance.now();
    try {
      const {status, body, changed} = await asker.get(listing(search, page));
      if (closed || (!changed && list.firstChild)) return;
      if (status === 200) draw(body);
      else fill(list, el('p.none', null, String(body?.error ?? `The server answered ${status}`)));
    } catch {
      if (!closed && !list.firstChild) fill(list, el('p.none', null, 'The server did not answer. Trying again…'));
    }
  }

  /** @param {{total: number, unindexed?: number, sessions: Listed[]}} found */
  function draw({total, unindexed, sessions}) {
    again = unindexed ? GROWING_MS : AGAIN_MS;
    const pages = Math.max(1, Math.ceil(total / PAGE));
    const searched = Object.keys(search).length > 0;
    fill(
      list,
      el(
        'p.note',
        {role: 'status'},
        [
          `${plural(total, 'session')}${searched ? ' found' : ''}`,
          ...(pages > 1 ? [`page ${page} of ${pages}`] : []),
          ...(unindexed ? [`${unindexed} more are being read`] : []),
        ].join(', '),
      ),
      sessions.length
        ? el(
            'section.panel',
            null,
            table(
              'Sessions, the newest first',
              [
                'Event',
                'Track',
                'Date',
                {text: 'Length', cls: 'num'},
                {text: 'Karts', cls: 'num'},
                {text: 'Laps', cls: 'num'},
                'Winner',
                '',
              ],
              sessions.map(line),
              'sessions',
            ),
          )
        : el('p.none', null, searched ? 'No session fits. Try fewer words.' : 'No session is stored yet.'),
      pages > 1
        ? el(
            'nav.pages',
            {'aria-label': 'Pages'},
            page > 1
              ? el('a.button', {href: href({view: 'history', search, page: page - 1}), rel: 'prev'}, 'Newer')
              : null,
            page < pages
              ? el('a.button', {href: href({view: 'history', search, page: page + 1}), rel: 'next'}, 'Older')
              : null,
          )
        : null,
    );
  }

  /** @param {Listed} session */
  function line(session) {
    const id = String(session.sessionId);
    const event = session.eventName || 'Session';
    const opens = session.isCurrent ? href({}) : href({view: 'results', session: id});
    return [
      cell(el('a', {href: opens}, name(event)), 'wide'),
      cell(
        el(
          'bdi',
          null,
          session.trackName ?? (session.trackConfigId === undefined ? '' : `Track ${session.trackConfigId}`),
        ),
      ),
      cell(el('time', {datetime: session.date}, dateTime(session.date))),
      cell(session.isComplete ? duration(session.duration) : 'live', 'num'),
      cell(String(session.karts), 'num'),
      cell(String(session.laps), 'num'),
      cell(name(winnerName(session.winner))),
      el(
        'td.actions',
        null,
        el(
          'a',
          {href: `/api/sessions/${encodeURIComponent(id)}/export`, download: '', 'aria-label': `Export ${event}`},
          'Export',
        ),
        session.isComplete
          ? el(
              'button.plain',
              {type: 'button', id: `delete-${id}`, 'aria-label': `Delete ${event}`, onclick: () => confirmDeletion(session)},
              'Delete',
            )
          : null,
      ),
    ];
  }

  /** Asks first, and for the token. @param {Listed} session */
  function confirmDeletion(session) {
    const error = el('p.error', {role: 'alert'});
    const token = el('input', {type: 'password', name: 'token', autocomplete: 'off'});
    const dialog = el(
      'dialog',
      {'aria-labelledby': 'deletion', onclose: () => dialog.remove()},
      el(
        'form',
        {onsubmit: (/** @type {Event} */ event) => void erase(event)},
        el('h2', {id: 'deletion'}, 'Delete this session?'),
        el(
          'p',
          null,
          el('bdi', null, session.eventName),
          `, ${dateTime(session.date)}: ${plural(session.laps, 'lap')} of ${plural(session.karts, 'kart')}. It cannot be brought back.`,
        ),
        el(
          'label',
          null,
          el('span', null, "The server's API token; none is needed on the server's own machine where none is set"),
          token,
        ),
        error,
        el(
          'div.buttons',
          null,
          el('button.button', {type: 'button', onclick: () => dialog.close()}, 'Keep it'),
          el('button.button.danger', {type: 'submit'}, 'Delete'),
        ),
      ),
    );
    /** @param {Event} event */
    async function erase(event) {
      event.preventDefault();
      const outcome = await deleteSession(String(session.sessionId), token.value);
      if (outcome.ok) {
        dialog.close();
        ctx.say(`${session.eventName} is deleted`);
        await ask();
      } else {
        fill(error, outcome.error);
      }
    }
    document.body.append(dialog);
    dialog.showModal();
  }

  return {
    title: () => 'Sessions',
    close: () => {
      closed = true;
      document.querySelector('dialog')?.remove();
    },
    update() {
      if (performance.now() - asked > again) void ask();
    },
  };
}
