// Listens to a page for what no page may do: errors on the console, uncaught
// exceptions, reports of the content security policy, answers of 5xx.

/** Starts to listen on a context, before its first page. Returns the watch. */
export async function watch(context) {
  const watch = new Watch();
  await context.exposeBinding("__guanxiPolicyReport", (_, report) => {
    watch.add("policy", `${report.directive} blocked ${report.blocked} (${report.disposition}) on ${report.page}`);
  });
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      globalThis.__guanxiPolicyReport({
        directive: event.violatedDirective,
        blocked: event.blockedURI || event.sample,
        disposition: event.disposition,
        page: event.documentURI,
      });
    });
  });
  context.on("console", (message) => {
    if (message.type() === "error") watch.add("console", `${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => watch.add("exception", error.error().message));
  context.on("response", (response) => {
    if (response.status() >= 500) watch.add("answer", `${response.status()} from ${response.url()}`);
  });
  return watch;
}

class Watch {
  #faults = [];
  #expected = [];

  add(kind, text) {
    const fault = `${kind}: ${text}`;
    if (!this.#expected.some((pattern) => pattern.test(fault))) this.#faults.push(fault);
  }

  /** From now on what matches is no fault: a story that provokes a 422 says so first. */
  expect(pattern) {
    this.#expected.push(pattern);
  }

  /** The faults since the last call. */
  take() {
    return this.#faults.splice(0);
  }
}
