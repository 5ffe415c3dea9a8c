import assert from "node:assert/strict";
import { test } from "node:test";

import { bytes, count, money, price, seconds, short } from "../../../functions/web/static/lib/format.js";

test("what is not known is a dash and never 0", () => {
  for (const format of [count, money, seconds, short]) {
    assert.equal(format(null), "–");
    assert.equal(format(undefined), "–");
    assert.notEqual(format(0), "–");
  }
});

test("money has the digits that tell something", () => {
  const told = [0, 1e-9, 0.0000123, 0.00012, 0.00531, 0.0531, 0.531, 5.3, 1234.5].map(money);
  assert.deepEqual(told, ["$0", "<$0.000001", "$0.0000123", "$0.00012", "$0.00531", "$0.0531", "$0.5310", "$5.30", "$1234.50"]);
});

test("prices, times, sizes", () => {
  assert.deepEqual([0, 0.05, 0.1, 2.5, 15].map(price), ["$0", "$0.050", "$0.10", "$2.50", "$15.00"]);
  assert.deepEqual([0, 310, 9999, 12_345, 61_000].map(seconds), ["0.00 s", "0.31 s", "10.00 s", "12.3 s", "1 min 01 s"]);
  assert.deepEqual([500, 128_000, 1_048_576, 2e6].map(short), ["500", "128K", "1M", "2M"]);
  assert.deepEqual([10, 5400, 2.5e6].map(bytes), ["10 B", "5 KB", "2.5 MB"]);
});
