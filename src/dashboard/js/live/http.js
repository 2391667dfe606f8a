// Questions to the server: each address is asked with the tag of its last answer, so that what has not changed costs nothing.

const TIMEOUT_MS = 10000;

/**
 * @typedef {{status: number, body: any, changed: boolean}} Answer
 * @typedef {{ok: boolean, status: number, error: string}} Outcome
 */

/** A timeout as a signal, also where AbortSignal.timeout is not known. */
function deadline() {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), TIMEOUT_MS);
  return controller.signal;
}

export class Asker {
  /** @type {Map<string, {etag: string, status: number, body: any}>} */
  #known = new Map();

  /**
   * Rejects only where no answer came. `remember`: keep the answer, and ask next time whether it has changed.
   * @param {string} url @param {boolean} [remember]
   * @returns {Promise<Answer>}
   */
  async get(url, remember = true) {
    const known = this.#known.get(url);
    /** @type {Record<string, string>} */
    const headers = known ? {'If-None-Match': known.etag} : {};
    const response = await fetch(url, {headers, cache: 'no-store', signal: deadline()});
    if (response.status === 304 && known) return {status: known.status, body: known.body, changed: false};
    const body = await response.json().catch(() => null);
    const etag = response.headers.get('ETag');
    if (remember && response.ok && etag) this.#known.set(url, {etag, status: response.status, body});
    if (this.#known.size > 50) this.#known.delete(/** @type {string} */ (this.#known.keys().next().value));
    return {status: response.status, body, changed: true};
  }
}

/**
 * @param {string} sessionId @param {string} token
 * @returns {Promise<Outcome>}
 */
export async function deleteSession(sessionId, token) {
  try {
    const headers = token ? {Authorization: `Bearer ${token}`} : undefined;
    const response = await fetch(`/api/sessions/${encodeURIComponent(sessionId)}`, {
      method: 'DELETE',
      headers,
      signal: deadline(),
    });
    const body = await response.json().catch(() => null);
    const error = String(body?.error ?? body?.message ?? `The server answered ${response.status}`);
    return {ok: response.ok, status: response.status, error: response.ok ? '' : error};
  } catch {
    return {ok: false, status: 0, error: 'The server did not answer'};
  }
}
