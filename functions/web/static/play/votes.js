// @ts-check
/** Better, worse or tie: what a person thinks of an answer beside the others. */
import { h, icon } from "../lib/dom.js";

const VOTES = { better: ["up", "Better"], tie: ["more", "Tie"], worse: ["down", "Worse"] };

/** @param {string | null} vote @param {(vote: string | null) => void} onvote null takes it back */
export function voteButtons(vote, onvote) {
  return Object.entries(VOTES).map(([name, [glyph, word]]) =>
    h("button", { type: "button", class: "small quiet", "aria-pressed": String(name === vote), onclick: () => onvote(name === vote ? null : name) }, icon(glyph), word),
  );
}
