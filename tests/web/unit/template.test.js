import assert from "node:assert/strict";
import { test } from "node:test";

import { filled, literal, variablesOf } from "../../../functions/web/static/play/template.js";

test("names are found once each, in their order", () => {
  assert.deepEqual(variablesOf(["{{b}} {{ a }} {{b}}", "{{größe.x-1}}"]), { names: ["b", "a", "größe.x-1"], faults: [], isTemplate: true });
});

test("what stands in braces and is no name is told", () => {
  assert.deepEqual(variablesOf(["{{1x}} {{a b}}"]).faults, ["1x", "a b"]);
});

test("an escape makes a template of a text without names", () => {
  assert.deepEqual(variablesOf(["\\{{x}}"]), { names: [], faults: [], isTemplate: true });
  assert.equal(variablesOf(["{x} }} plain"]).isTemplate, false);
});

test("values are put in once and never expanded again", () => {
  assert.equal(filled("{{a}} {{ b }} {{c}} \\{{a}}", { a: "{{b}}", b: "$&" }), "{{b}} $& {{c}} {{a}}");
});

test("a literal comes back as it was", () => {
  for (const text of ["{{a}}", "\\{{a}}", "{{{a}}}", "{ {{ } }}", "plain"]) assert.equal(filled(literal(text), { a: "x" }), text);
});
