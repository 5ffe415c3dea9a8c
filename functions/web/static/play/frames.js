// @ts-check
/** Work that is done once a frame, whatever happened in between: first all that writes, then all that looks. */

/** Text that grows thirty times a second is as smooth to read as sixty times, and half the work. */
const LEAST_MS = 30;

/** @type {Set<{draw: () => void, settle?: () => void}>} */
const waiting = new Set();
let asked = false;
let doneAt = -LEAST_MS;

/** Each `draw` may change the page; each `settle` may then read its layout. */
export function nextFrame(part) {
  waiting.add(part);
  if (!asked) ask();
}

function ask() {
  asked = true;
  // A hidden page has no frames.
  if (document.hidden) setTimeout(work, LEAST_MS, Infinity);
  else requestAnimationFrame(work);
}

/** @param {number} now */
function work(now) {
  if (now - doneAt < LEAST_MS) return ask();
  asked = false;
  doneAt = Math.min(now, performance.now());
  const parts = [...waiting];
  waiting.clear();
  for (const part of parts) part.draw();
  for (const part of parts) part.settle?.();
}
