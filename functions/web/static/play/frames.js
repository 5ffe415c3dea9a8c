// @ts-check
/** Work that is done once a frame, whatever happened in between: first all that writes, then all that looks. */

/** @type {Set<{draw: () => void, settle?: () => void}>} */
const waiting = new Set();
let asked = false;

/** Each `draw` may change the page; each `settle` may then read its layout. */
export function nextFrame(part) {
  waiting.add(part);
  if (asked) return;
  asked = true;
  // A hidden page has no frames.
  if (document.hidden) setTimeout(work, 100);
  else requestAnimationFrame(work);
}

function work() {
  asked = false;
  const parts = [...waiting];
  waiting.clear();
  for (const part of parts) part.draw();
  for (const part of parts) part.settle?.();
}
