// Verifies and signs requests with the npm package http-message-signatures, which is not ours.
//
// Standard input: {"do": "verify" | "sign", "request": {method, url, headers}, "keyId",
// "publicKey" | "privateKey": PEM, "fields", "created": Unix seconds, "nonce"}.
// Standard output: {"holds": true | false, "why"} or {"headers": {…}}.
"use strict";

const { readFileSync } = require("node:fs");
const { createPrivateKey } = require("node:crypto");
const { createSigner, createVerifier, httpbis } = require("http-message-signatures");

async function verify({ request, keyId, publicKey, fields, created }) {
  const check = createVerifier(publicKey, "ed25519");
  const keyLookup = async ({ keyid }) =>
    keyid === keyId ? { id: keyId, algs: ["ed25519"], verify: check } : null;
  try {
    const holds = await httpbis.verifyMessage(
      {
        keyLookup,
        all: true,
        requiredFields: fields,
        requiredParams: ["created", "keyid", "nonce", "alg"],
        notAfter: created + 60,
        maxAge: 3600,
      },
      request,
    );
    return { holds: holds === true, why: "" };
  } catch (error) {
    return { holds: false, why: `${error.name}: ${error.message}` };
  }
}

async function sign({ request, keyId, privateKey, fields, created, nonce }) {
  const key = createSigner(createPrivateKey(privateKey), "ed25519", keyId);
  const signed = await httpbis.signMessage(
    {
      key,
      name: "sig",
      fields,
      params: ["created", "keyid", "nonce", "alg"],
      paramValues: { created: new Date(created * 1000), nonce },
    },
    request,
  );
  return { headers: signed.headers };
}

async function main() {
  const asked = JSON.parse(readFileSync(0, "utf8"));
  process.stdout.write(JSON.stringify(await (asked.do === "sign" ? sign(asked) : verify(asked))));
}

main();
