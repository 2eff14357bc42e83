// Sends what quick entry keeps, one after the other in the order it was typed, each under the id it got when it was typed.
// Only one tab sends at a time; what cannot be sent now waits, and the page is told why.

const FIRST_MS = 2_000, LONGEST_MS = 30_000, MOST_TRIES = 5;
const JSON_PLEASE = { Accept: "application/json" };

export function openSender({ store, owner, addresses, token, told }) {
  let running = null, again = false, timer, pause = FIRST_MS;

  // A portal of a foreign network answers everything with a page of its own: only our own words count.
  async function ask(address, options = {}) {
    let answer;
    try {
      answer = await fetch(address, { credentials: "same-origin", cache: "no-store", ...options, headers: { ...JSON_PLEASE, ...options.headers } });
    } catch {
      return { status: 0, body: null };
    }
    const isOurs = /\bjson\b/.test(answer.headers.get("Content-Type") || "");
    try {
      return { status: isOurs || answer.status >= 500 ? answer.status : 0, body: isOurs ? await answer.json() : null };
    } catch {
      return { status: 0, body: null };
    }
  }
  const post = (address, pairs) => ask(address, { method: "POST", body: new URLSearchParams([["csrf_token", token], ...pairs]) });

  // Who is logged in now: "", or why nothing can be sent.
  async function whoIsThere() {
    const { status, body } = await ask(addresses.who);
    if (status === 200 && body.owner) {
      token = body.csrf;
      return body.owner === owner ? "" : "someoneElse";
    }
    return [401, 403, 404].includes(status) ? "loggedOut" : status ? "busy" : "away";
  }

  async function sendOne(what) {
    const pairs = [
      ...what.facts, ...what.pairs, ["entry_id", what.id], ["owner", owner],
      ["entered_at", what.at], ["sent_at", new Date().toISOString()],
    ];
    let { status, body } = await post(addresses.store, pairs);
    if (status === 400 || status === 403) {
      const why = await whoIsThere();
      if (why) return { later: why };
      ({ status, body } = await post(addresses.store, pairs));
    }
    if (status === 200 && body.result) return body;
    if (status === 0) return { later: "away" };
    if (status === 401 || status === 403) return { later: "loggedOut" };
    if (body?.code === "anothers_entry") return { later: (await whoIsThere()) || "someoneElse" };
    if ([429, 502, 503, 504].includes(status)) return { later: "busy" };
    if (status >= 500) return { later: "busy", isFault: true };
    return body?.result === "refused" ? body : { result: "refused", errors: { form: body?.detail || "" } };
  }

  async function sendAll() {
    for (;;) {
      const next = (await store.list()).find((one) => one.state === "waiting");
      if (!next) return "";
      const what = await store.read(next.place).catch(() => null);
      if (!what) { await store.drop(next.place); continue; }
      const answer = await sendOne(what);
      if (answer.isFault && next.tries + 1 >= MOST_TRIES) {
        await store.mark(next.place, { state: "refused" }, { ...what, errors: { form: told.failed } });
      } else if (answer.later) {
        if (answer.isFault) await store.mark(next.place, { tries: next.tries + 1 });
        return answer.later;
      } else if (answer.result === "refused") {
        await store.mark(next.place, { state: "refused" }, { ...what, errors: answer.errors });
      } else {
        await store.drop(next.place);
      }
      told.settled({ id: what.id, place: next.place, ...answer });
    }
  }

  function flush() {
    if (running) { again = true; return running; }
    clearTimeout(timer);
    running = navigator.locks.request(`floe-quick-send:${owner}`, sendAll).then(
      (why) => { told.state(why); later(why); },
      () => { told.state("busy"); later("busy"); },
    ).finally(() => {
      running = null;
      if (again) { again = false; flush(); }
    });
    return running;
  }
  function later(why) {
    if (!why) { pause = FIRST_MS; return; }
    timer = setTimeout(recheck, why === "away" || why === "busy" ? pause : 5_000);
    pause = Math.min(pause * 2, LONGEST_MS);
  }
  async function recheck() {
    const why = await whoIsThere();
    if (!why) return flush();
    told.state(why);
    later(why);
  }

  addEventListener("online", () => { pause = FIRST_MS; clearTimeout(timer); recheck(); });
  addEventListener("offline", () => told.state("away"));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { clearTimeout(timer); recheck(); } });
  addEventListener("focus", () => { clearTimeout(timer); recheck(); });

  return { flush, post, whoIsThere, alone: (deed) => navigator.locks.request(`floe-quick-send:${owner}`, deed) };
}
