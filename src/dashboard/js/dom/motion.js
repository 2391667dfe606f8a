// What moves and what lights up: by transform and opacity alone, which the compositor does without the main thread.
//
// The end of an animation is the main thread's again: it is woken at each refresh of the last 40 ms, and then to style, lay out and
// paint. So an animation that is over rests where it has come to, and the next drawing takes it away with all that it writes anyway.

const REST_MS = 2500; // where nothing is drawn for so long, it ends by itself

/** @type {Map<Animation, {node: HTMLElement, duration: number, done: () => void}>} */
const going = new Map();

/** @param {Animation} animation @param {boolean} [replaced] another takes its place at once */
function end(animation, replaced = false) {
  const done = going.get(animation)?.done;
  going.delete(animation);
  animation.cancel();
  if (!replaced) done?.();
}

/**
 * Takes the place of what the node does already.
 * @param {HTMLElement} node @param {Keyframe} from @param {Keyframe} to @param {{duration: number, easing: string}} timing
 * @param {() => void} [done] when it is taken away, and nothing has taken its place
 */
export function animate(node, from, to, {duration, easing}, done = () => {}) {
  for (const [animation, {node: other}] of going) if (other === node) end(animation, true);
  const whole = duration + REST_MS;
  const animation = node.animate([{...from, easing}, {...to, offset: duration / whole}, to], {duration: whole});
  animation.onfinish = () => end(animation);
  going.set(animation, {node, duration, done});
}

/** Takes away what is over: to be called with each drawing. */
export function settle() {
  for (const [animation, {duration}] of going) if (Number(animation.currentTime) >= duration) end(animation);
}
