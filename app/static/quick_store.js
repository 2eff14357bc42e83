// What quick entry keeps in the browser until it is sent: sealed for one person of one agency, in the order it was typed.
// The key never leaves the browser's own key store; nobody else's records are read, shown or sent.

const NAME = "floe-quick", OLDEST_DAYS = 30;
const done = (request) => new Promise((good, bad) => {
  request.onsuccess = () => good(request.result);
  request.onerror = () => bad(request.error);
});
const settled = (deed) => new Promise((good, bad) => {
  deed.oncomplete = () => good();
  deed.onabort = deed.onerror = () => bad(deed.error);
});

export const canKeep = () => Boolean(globalThis.indexedDB && globalThis.crypto?.subtle && navigator.locks);

function openBase() {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("keys", { keyPath: "owner" });
    const entries = asked.result.createObjectStore("entries", { keyPath: "place", autoIncrement: true });
    entries.createIndex("owner", "owner");
    asked.result.createObjectStore("drafts", { keyPath: "tab" }).createIndex("owner", "owner");
  };
  return done(asked);
}

// Whether anything of this person may lie here, without making a base where there was none.
export async function exists() {
  if (!canKeep()) return false;
  const known = await indexedDB.databases?.();
  return !known || known.some((one) => one.name === NAME);
}

export async function openStore(owner) {
  const base = await openBase();
  const of = (name, mode = "readonly") => base.transaction(name, mode, { durability: "strict" }).objectStore(name);
  const key = await ownKey();

  async function ownKey() {
    const kept = await done(of("keys").get(owner));
    if (kept) return kept.key;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const keys = of("keys", "readwrite");
    // two tabs may make one at once: the first stays
    const other = await done(keys.get(owner));
    if (other) return other.key;
    await done(keys.put({ owner, key: made }));
    return made;
  }
  const bound = (id) => new TextEncoder().encode(`${owner}|${id}`);
  async function seal(id, what) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(what));
    return { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound(id) }, key, plain) };
  }
  async function unseal(id, { iv, sealed }) {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: bound(id) }, key, sealed);
    return JSON.parse(new TextDecoder().decode(plain));
  }
  const mine = (name) => done(of(name).index("owner").getAll(owner));

  return {
    // A stored entry takes the place of its tab's draft in one step, so that a crash leaves one of the two.
    async add(id, what, tab) {
      const box = await seal(id, what);
      const deed = base.transaction(["entries", "drafts"], "readwrite", { durability: "strict" });
      deed.objectStore("entries").add({ id, owner, at: Date.now(), state: "waiting", tries: 0, ...box });
      deed.objectStore("drafts").delete(tab);
      await settled(deed);
    },
    // Without what they hold; in order.
    list: async () => (await mine("entries")).map(({ id, place, state, tries }) => ({ id, place, state, tries })),
    async read(place) {
      const kept = await done(of("entries").get(place));
      return kept?.owner === owner ? unseal(kept.id, kept) : null;
    },
    async mark(place, changes, what) {
      const kept = await done(of("entries").get(place));
      if (kept?.owner !== owner) return;
      const box = what ? await seal(kept.id, what) : {};
      const entries = of("entries", "readwrite");
      if (await done(entries.get(place))) await done(entries.put({ ...kept, ...changes, ...box }));
    },
    drop: (place) => done(of("entries", "readwrite").delete(place)),
    async draft(tab, what) {
      const box = await seal(tab, what);
      await done(of("drafts", "readwrite").put({ tab, owner, at: Date.now(), ...box }));
    },
    dropDraft: (tab) => done(of("drafts", "readwrite").delete(tab)),
    async drafts() {
      const kept = await mine("drafts");
      return kept.sort((a, b) => b.at - a.at).map(({ tab }) => tab);
    },
    async readDraft(tab) {
      const kept = await done(of("drafts").get(tab));
      return kept?.owner === owner ? unseal(tab, kept) : null;
    },
    count: async () => (await mine("entries")).length,
    // After a log-out: everything of this person, the key last.
    async wipe() {
      const deed = base.transaction(["entries", "drafts", "keys"], "readwrite", { durability: "strict" });
      for (const name of ["entries", "drafts"]) {
        const at = deed.objectStore(name).index("owner").openKeyCursor(owner);
        at.onsuccess = () => {
          if (!at.result) return;
          deed.objectStore(name).delete(at.result.primaryKey);
          at.result.continue();
        };
      }
      deed.objectStore("keys").delete(owner);
      await settled(deed);
    },
    // What nobody came back for: leads of that age could not be stored any more.
    async forgetOld() {
      const before = Date.now() - OLDEST_DAYS * 86_400_000;
      const deed = base.transaction(["entries", "drafts"], "readwrite");
      for (const name of ["entries", "drafts"]) {
        const at = deed.objectStore(name).openCursor();
        at.onsuccess = () => {
          if (!at.result) return;
          if (at.result.value.at < before) at.result.delete();
          at.result.continue();
        };
      }
      await settled(deed);
    },
    close: () => base.close(),
  };
}
