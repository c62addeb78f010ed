// @kapso/whatsapp-cloud-api: turned to the gateway by its own `baseUrl`.

import { load, serve, settings } from "./lines.mjs";

const { WhatsAppClient, GraphApiError } = await load("@kapso/whatsapp-cloud-api");

const client = new WhatsAppClient({ baseUrl: settings.gateway, accessToken: settings.key, graphVersion: "v23.0" });
const phoneNumberId = settings.number;

await serve({
  text: ({ to, body }) => outcome(client.messages.sendText({ phoneNumberId, ...address(to), body })),
  template: ({ to, name, parameters }) =>
    outcome(client.messages.sendTemplate({ phoneNumberId, ...address(to), template: template(name, parameters) })),
});

function address(to) {
  return to.includes(".") ? { recipient: to } : { to };
}

function template(name, parameters) {
  const said = { name, language: { code: "en_US" } };
  if (parameters.length > 0) {
    said.components = [{ type: "body", parameters: parameters.map((text) => ({ type: "text", text })) }];
  }
  return said;
}

async function outcome(sent) {
  try {
    return { id: (await sent).messages[0].id };
  } catch (error) {
    if (!(error instanceof GraphApiError)) throw error;
    const { httpStatus, code, fbtraceId, details, retry } = error;
    return { error: { kind: "GraphApiError", status: httpStatus, code, trace: fbtraceId, details, retry: retry.action } };
  }
}
