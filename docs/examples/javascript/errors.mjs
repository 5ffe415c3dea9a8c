// What an error says, and what a program does with it.
import { ApiError, run } from "./promptyard.mjs";

async function runAgain(body, attempts = 3) {
  try {
    return await run(body);
  } catch (error) {
    if (!(error instanceof ApiError) || !error.error.retryable || attempts === 1) throw error;
    await new Promise((resolve) => setTimeout(resolve, error.retryAfter * 1000));
    return runAgain(body, attempts - 1);
  }
}

try {
  await runAgain({ model: "no-such-model", prompt_text: "Hi" });
} catch (error) {
  const ours = [500, 503, 504].includes(error.status);
  const whose = ours ? "ours" : error.status === 502 ? "the provider's" : "the request's";
  console.log(`${error.status} ${error.error.code}: ${error.message}. It is ${whose} fault`);
}
