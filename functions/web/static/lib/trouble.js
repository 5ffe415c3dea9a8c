// @ts-check
/** Errors, for people: what to do about each code, and the box that says it. */
import { h, icon } from "./dom.js";

const TO_DO = {
  unreachable: "Look whether the server is running and this machine is online, then retry.",
  unauthenticated: "Give an API key of this server.",
  forbidden: "Your key's role does not allow this: ask an admin for another one.",
  not_found: "It may have been deleted, or belong to another tenant.",
  conflict: "Somebody else changed it in between: load it again.",
  too_large: "Make the text or the files smaller: a text may have 1 MB, a request 5 MB.",
  validation: "Change what is named, then run again.",
  unknown_model: "Choose a model from the list, or name its provider before it: provider/model.",
  missing_key: "Give this provider's key in the target's settings, or set it at the server.",
  endpoint_refused: "The server may not call that address: it has to be a public one.",
  rate_limited: "Wait a moment, then retry.",
  quota_exceeded: "The quota of this month is used up: an admin can raise it.",
  no_price: "A quota in money needs a model with a known price.",
  provider_auth: "The provider refused the key: look at it in the target's settings.",
  provider_error: "The provider failed: retry, or take another model.",
  provider_overloaded: "The provider is overloaded: retry in a moment, or take another model.",
  provider_malformed: "The provider's answer could not be read: retry, or take another model.",
  store_unavailable: "The server's store cannot be reached: retry in a moment.",
  guards_unavailable: "The playground's guards cannot work here: nothing is run under them.",
  deadline: "The answer took longer than a run may take: ask for less, or with fewer tokens.",
  cancelled: "It was stopped. What had come is kept.",
  internal: "This is the server's mistake: its log has more under the request's id.",
};

export const whatToDo = (code) => TO_DO[code] ?? "Retry; if it stays, look at the server's log.";

/**
 * @param {{code: string, message: string, hint?: string, requestId?: string | null}} error
 * @param {...any} actions buttons
 */
export function trouble(error, ...actions) {
  return h(
    "div",
    { class: "trouble", role: "alert" },
    h("div", { class: "row" }, h("span", { class: "chip bad" }, icon("alert"), "Failed"), h("code", { class: "code" }, error.code)),
    h("p", null, error.message),
    h("p", { class: "meta" }, error.hint ?? whatToDo(error.code)),
    error.requestId && h("p", { class: "meta faint" }, `Request ${error.requestId}`),
    actions.length > 0 && h("div", { class: "row" }, ...actions),
  );
}
