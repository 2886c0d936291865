// Checks a leaf of the public record in the reader's browser, step by step, with WebCrypto alone.
//
// The page carries every sentence, in the reader's language; this file carries the arithmetic:
// RFC 8785 (canonical JSON), RFC 6962 (Merkle trees), C2SP tlog-proof, tlog-checkpoint, signed-note.
"use strict";

(() => {
  const utf8 = new TextEncoder();
  const HEADER = "c2sp.org/tlog-proof@v1";
  const COMMITMENT = utf8.encode("shidian/record/commitment/v1\n");
  const ED25519 = 1;
  const COSIGNATURE = 4;

  // What did not hold, with its name in the page's list of sentences.
  class Wrong extends Error {
    constructor(sentence, detail) { super(detail || sentence); this.sentence = sentence; this.detail = detail || ""; }
  }

  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const fromHex = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
  const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const fromBase64 = (text) => {
    let bytes;
    try { bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0)); } catch { throw new Wrong("malformed", text); }
    if (base64(bytes) !== text) throw new Wrong("malformed", text);
    return bytes;
  };
  const joined = (...parts) => {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { all.set(part, at); at += part.length; }
    return all;
  };
  const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));

  // RFC 8785: keys in the order of their UTF-16 code units, numbers and strings as ECMAScript writes them.
  const canonical = (value) => {
    if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
    if (value !== null && typeof value === "object") {
      return "{" + Object.keys(value).sort().map((key) => JSON.stringify(key) + ":" + canonical(value[key])).join(",") + "}";
    }
    return JSON.stringify(value);
  };

  // "index" and sizes reach 2^63: BigInt, never a float.
  const decimal = (text) => {
    if (!/^(0|[1-9][0-9]{0,18})$/.test(text)) throw new Wrong("malformed", text);
    return BigInt(text);
  };

  const parseProof = (text) => {
    const cut = text.indexOf("\n\n");
    const lines = text.slice(0, cut).split("\n");
    if (cut < 0 || lines.shift() !== HEADER) throw new Wrong("malformed", HEADER);
    if (lines.length && lines[0].startsWith("extra ")) lines.shift();
    const first = lines.shift() || "";
    if (!first.startsWith("index ")) throw new Wrong("malformed", first);
    return { index: decimal(first.slice(6)), hashes: lines.map(fromBase64), note: text.slice(cut + 2) };
  };

  const parseNote = (text) => {
    const cut = text.lastIndexOf("\n\n");
    if (cut < 0) throw new Wrong("malformed", "checkpoint");
    const body = text.slice(0, cut + 1);
    const [origin, size, root] = body.split("\n");
    const lines = text.slice(cut + 2).split("\n").filter(Boolean).map((line) => {
      const [dash, name, encoded] = line.split(" ");
      if (dash !== "\u2014" || !encoded) throw new Wrong("malformed", line);
      const raw = fromBase64(encoded);
      return { name, id: raw.slice(0, 4), signature: raw.slice(4) };
    });
    return { body, origin, size: decimal(size || ""), root: fromBase64(root || ""), lines };
  };

  const parseKey = async (text) => {
    const [name, id, ...rest] = text.trim().split("+");
    const raw = fromBase64(rest.join("+"));
    const told = await sha256(utf8.encode(name + "\n"), raw);
    if (raw.length !== 33 || hex(told.slice(0, 4)) !== id) throw new Wrong("keyMalformed", text.slice(0, 80));
    return { name, id: told.slice(0, 4), type: raw[0], key: raw.slice(1) };
  };

  // RFC 9162 §2.1.3.2.
  const rootFrom = async (index, size, leaf, hashes) => {
    if (index >= size) throw new Wrong("notCovered", `${index} ≥ ${size}`);
    let at = index;
    let last = size - 1n;
    let hash = leaf;
    for (const other of hashes) {
      if (last === 0n) throw new Wrong("inclusionWrong", "");
      if ((at & 1n) === 1n || at === last) {
        hash = await sha256([1], other, hash);
        while ((at & 1n) === 0n && at !== 0n) { at >>= 1n; last >>= 1n; }
      } else {
        hash = await sha256([1], hash, other);
      }
      at >>= 1n;
      last >>= 1n;
    }
    if (last !== 0n) throw new Wrong("inclusionWrong", "");
    return hash;
  };

  const verifies = async (key, signature, message) => {
    let imported;
    try {
      imported = await crypto.subtle.importKey("raw", key.key, { name: "Ed25519" }, false, ["verify"]);
    } catch {
      throw new Wrong("noEd25519", "");
    }
    return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
  };

  // Who of the known keys signed the checkpoint: one log key at least; a line under a known key that is wrong refuses all.
  const signers = async (note, keys) => {
    const found = { log: [], witnesses: [] };
    for (const line of note.lines) {
      const key = keys.find((one) => one.name === line.name && same(one.id, line.id));
      if (!key) continue;
      let signature = line.signature;
      let message = utf8.encode(note.body);
      if (key.type === COSIGNATURE) {
        const time = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
        message = utf8.encode(`cosignature/v1\ntime ${time}\n${note.body}`);
        signature = signature.slice(8);
      } else if (key.type !== ED25519) continue;
      if (!await verifies(key, signature, message)) throw new Wrong("signatureWrong", key.name);
      (key.type === COSIGNATURE ? found.witnesses : found.log).push(key.name);
    }
    if (!found.log.some((name) => name === note.origin)) throw new Wrong("signatureMissing", note.origin);
    return found;
  };

  const fetched = async (url) => {
    const answer = await fetch(url, { cache: "no-store", credentials: "omit" });
    if (!answer.ok) throw new Wrong("notFetched", `${url} (${answer.status})`);
    return new Uint8Array(await answer.arrayBuffer());
  };
  const text = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

  // The page

  const start = () => {
    const page = document.getElementById("verify");
    if (!page) return;
    const words = page.dataset;
    const list = document.getElementById("verify-steps");
    const verdict = document.getElementById("verify-verdict");
    const asked = document.getElementById("verify-key");

    const row = (title) => {
      const item = document.createElement("li");
      const head = document.createElement("p");
      const mark = document.createElement("span");
      const name = document.createElement("span");
      head.className = "what";
      mark.className = "mark";
      name.textContent = title;
      head.append(mark, " ", name);
      item.append(head);
      list.append(item);
      return {
        say(label, value) {
          const line = document.createElement("p");
          line.className = "small";
          const soft = document.createElement("span");
          soft.className = "soft";
          soft.textContent = label + " ";
          const code = document.createElement("span");
          code.className = "code";
          code.textContent = value;
          line.append(soft, code);
          item.append(line);
        },
        tell(sentence) {
          const line = document.createElement("p");
          line.className = "small";
          line.textContent = sentence;
          item.append(line);
        },
        end(state) {
          item.className = state;
          mark.textContent = words["mark" + state[0].toUpperCase() + state.slice(1)];
        },
      };
    };
    const sentence = (wrong) => {
      const known = wrong instanceof Wrong ? words[wrong.sentence] : words.broken;
      const detail = wrong instanceof Wrong ? wrong.detail : String(wrong);
      return detail ? `${known} ${detail}` : known;
    };
    const step = async (title, act) => {
      const shown = row(title);
      try {
        const result = await act(shown);
        shown.end("good");
        return result;
      } catch (wrong) {
        shown.tell(sentence(wrong));
        shown.end(wrong instanceof Wrong && wrong.sentence === "noEd25519" ? "open" : "bad");
        throw wrong;
      }
    };

    const checkText = (leaf) => step(words.stepText, async (shown) => {
      if (!words.textUrl) { shown.tell(words.noText); return; }
      const document_ = JSON.parse(text(await fetched(words.textUrl)));
      const bytes = utf8.encode(canonical(document_));
      if (leaf.commitment) {
        const salt = fromHex(text(await fetched(words.saltUrl)).trim());
        const commitment = "sha256:" + hex(await sha256(COMMITMENT, salt, bytes));
        shown.say(words.commitmentIs, commitment);
        if (commitment !== leaf.commitment) throw new Wrong("textWrong", leaf.commitment);
        return;
      }
      const digest = "sha256:" + hex(await sha256(bytes));
      shown.say(words.digestIs, digest);
      if (digest !== leaf.text_sha256) throw new Wrong("textWrong", String(leaf.text_sha256));
    });

    const checkSignature = (note) => step(words.stepSignature, async (shown) => {
      shown.say(words.originIs, note.origin);
      const own = asked.value.trim();
      const keys = await Promise.all((own ? [own] : words.keys.split("\n").filter(Boolean)).map(parseKey));
      if (!keys.length) throw new Wrong("noKey", "");
      const found = await signers(note, keys);
      shown.say(words.signedBy, [...new Set(found.log)].join(", "));
      if (found.witnesses.length) shown.say(words.cosignedBy, [...new Set(found.witnesses)].join(", "));
      shown.tell(own ? words.ownKey : words.siteKey);
    });

    const checkLeaf = async () => {
      const [bytes, proof] = await step(words.stepFetch, async (shown) => {
        const got = [await fetched(words.leafUrl), parseProof(text(await fetched(words.proofUrl)))];
        shown.say(words.leafIs, text(got[0]));
        if (got[1].index !== BigInt(words.index)) throw new Wrong("otherLeaf", String(got[1].index));
        return got;
      });
      const note = parseNote(proof.note);
      await checkText(JSON.parse(text(bytes)));
      await step(words.stepInclusion, async (shown) => {
        const leaf = await sha256([0], bytes);
        shown.say(words.leafHashIs, hex(leaf));
        const root = await rootFrom(proof.index, note.size, leaf, proof.hashes);
        shown.say(words.hashesUsed, String(proof.hashes.length));
        shown.say(words.rootIs, hex(root));
        if (!same(root, note.root)) throw new Wrong("inclusionWrong", hex(note.root));
        shown.say(words.sizeIs, String(note.size));
      });
      await checkSignature(note);
    };

    const checkCheckpoint = async () => {
      const note = await step(words.stepCheckpoint, async (shown) => {
        const got = parseNote(text(await fetched(words.checkpointUrl)));
        shown.say(words.sizeIs, String(got.size));
        shown.say(words.rootIs, hex(got.root));
        return got;
      });
      await checkSignature(note);
    };

    const run = async () => {
      list.replaceChildren();
      verdict.className = "verdict";
      verdict.textContent = words.working;
      if (!window.isSecureContext || !window.crypto || !crypto.subtle) {
        verdict.className = "verdict open";
        verdict.textContent = words.noCrypto;
        return;
      }
      try {
        await (words.index ? checkLeaf() : checkCheckpoint());
        verdict.className = "verdict good";
        verdict.textContent = words.index ? words.good : words.goodCheckpoint;
      } catch (wrong) {
        const open = wrong instanceof Wrong && wrong.sentence === "noEd25519";
        verdict.className = open ? "verdict open" : "verdict bad";
        verdict.textContent = open ? words.halfway : words.bad;
      }
    };

    document.getElementById("verify-form").addEventListener("submit", (event) => { event.preventDefault(); run(); });
    page.hidden = false;
    run();
  };

  document.addEventListener("DOMContentLoaded", start);
})();
