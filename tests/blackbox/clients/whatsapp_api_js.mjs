// whatsapp-api-js: Meta's address stands fixed in it, so its `ponyfill.fetch` changes the host and nothing else.

import { load, serve, settings } from "./lines.mjs";

const META = "https://graph.facebook.com/";

const { WhatsAppAPI } = await load("whatsapp-api-js");
const { BodyComponent, BodyParameter, Template, Text } = await load("whatsapp-api-js/messages");

const client = new WhatsAppAPI({
  token: settings.key,
  v: "v23.0",
  secure: false,
  ponyfill: {
    fetch: (url, init) => {
      if (!url.startsWith(META)) throw new Error(`the client asked for ${url}, which is not Meta's`);
      return fetch(`${settings.gateway}/${url.slice(META.length)}`, init);
    },
  },
});

await serve({
  text: ({ to, body }) => send(to, new Text(body)),
  template: ({ to, name, parameters }) => send(to, new Template(name, "en_US", ...components(parameters))),
});

function components(parameters) {
  return parameters.length > 0 ? [new BodyComponent(...parameters.map((text) => new BodyParameter(text)))] : [];
}

// This client throws nothing when Meta refuses: its answer is the error envelope.
async function send(to, message) {
  const recipient = to.includes(".") ? { bsuid: to } : { phone: to };
  const answer = await client.sendMessage(settings.number, recipient, message);
  if (!answer.error) return { id: answer.messages[0].id };
  const { type, code, fbtrace_id: trace, error_data: data } = answer.error;
  return { error: { kind: type, code, trace, details: data?.details } };
}
