/** What a request must not go without is not there, or no good: nothing is sent and the run fails (contract §2.3). */
export class UnsafeRequestError extends Error {
  override name = "UnsafeRequestError";
}
