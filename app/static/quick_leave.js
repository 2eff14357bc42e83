// Logging out with entries of quick entry unsent: they would be left behind, so the person is asked, and they are deleted.
const person = document.querySelector("[data-quick-owner]");

person?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target, { quickOwner: owner, quickStore: file, quickAsk: ask } = person.dataset;
  try {
    const { exists, openStore } = await import(file);
    if (await exists()) {
      const store = await openStore(owner);
      const count = await store.count();
      if (count && !confirm(ask.replace("{count}", count))) return;
      document.documentElement.dataset.leaving = "yes";
      await store.wipe();
      store.close();
      new BroadcastChannel(`floe-quick:${owner}`).postMessage({ did: "wiped" });
    }
  } catch {
    // a browser that keeps nothing has nothing to delete
  }
  form.submit();
});
