// A sandbox in which something has happened: people with tags, a conversation, refusals of each kind, a file, a segment.

import { until } from "./house.mjs";

export const ADA = "+447700900123";
const SAM = "+12025550142";
const ANA = "+5551998765432";
const LUZ = "+525555550103";
const PDF = Buffer.from("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n");

/** A question with a branch, for everybody who gets a tag. */
const JOURNEY = {
  format: 1,
  name: "After the fair",
  trigger: { kind: "tag_added", tag: "fair" },
  again: { after_days: 30 },
  steps: [
    { id: "s1", kind: "ask", text: "Hello {{first_name|there}}, thank you for visiting us at the fair. What are you looking for?", choices: ["Plants", "Tools", "Only looking"], within: { hours: 12 }, tries: 2, save_as: "wants" },
    { id: "s2", kind: "branch", ways: [
      { when: { answer: { step: "s1", is: "Plants" } }, steps: [
        { id: "s3", kind: "add_tag", tag: "plants" },
        { id: "s4", kind: "wait", for: { days: 2 }, or_reply: true },
        { id: "s5", kind: "branch", ways: [{ when: { all: [{ answer: { step: "s4", is_set: true } }, { not: { tag: "vip" } }] }, steps: [{ id: "s6", kind: "hand_to_agent", note: "{{first_name|Somebody}} asks about plants" }] }] },
      ] },
      { when: { answer: { step: "s1", is: "Tools" } }, steps: [{ id: "s7", kind: "send_message", text: "Our tools are in aisle 3. Shall we keep one for you?", buttons: ["Yes", "No"], if_not_sent: "continue" }] },
    ], otherwise: [{ id: "s8", kind: "wait_until", time: "09:30" }] },
    { id: "s9", kind: "set_attribute", attribute: "last_fair", value: "spring" },
  ],
};

/** Gives what a crawl cannot tell from other pages by its address. */
export async function furnishFully(house) {
  for (const [number, tags, attributes] of [
    [ADA, ["garden", "vip"], { plan: "gold", city: "Leeds" }],
    [ANA, ["garden"], { plan: "silver", city: "Porto Alegre" }],
    [LUZ, [], { city: "Puebla" }],
    [SAM, ["tools"], { plan: "gold", city: "Austin" }],
  ]) {
    await house.api("PATCH", `/api/v1/contacts/${await house.person(number)}`, { tags: { add: tags }, attributes });
  }
  await house.api("POST", "/api/v1/quick_replies", { title: "Opening hours", body: "We are open from 9 to 5, on Saturdays until 1." });
  await house.api("POST", "/api/v1/segments", {
    name: "Gold, and wrote lately",
    condition: { all: [{ attribute: { key: "plan", is: "gold" } }, { activity: { wrote_within_days: 30 } }, { not: { tag: "tools" } }] },
  });
  for (const [number, language] of [[ADA, "en_GB"], [SAM, "en_US"], [ANA, "pt_BR"], [LUZ, "es"]]) await house.send(number, "spring_sale", { language });
  await house.hears("ada", "Hello, is my order there yet?");
  await house.hears("noor", "Do you have olive trees?");
  await house.hears("luz", "STOP");
  await house.does("ana", "offers", { on: false });
  await house.send(ANA, "spring_sale", { language: "pt_BR" });
  await house.send(LUZ, "spring_sale", { language: "es" });
  await house.hears("ben", "Too many messages");
  await proven(house);
  const draft = await campaigns(house);
  await led(house);
  await house.settle();
  // What the page of the log and the reports show is counted a moment after it happened.
  const counted = async () => (await house.api("GET", "/api/v1/reports/consent")).lines.some((line) => line.what === "opt_out" && line.total > 0);
  await until(counted, "the reports have counted");
  return { draft: `/campaigns/${draft}?whole=1`, out: `/campaigns/${draft}/out` };
}

/** Ada and Luz came to the fair: one is asked, the other has said STOP. */
async function led(house) {
  const { id, cas } = await house.api("POST", "/api/v1/journeys", { definition: JOURNEY });
  await house.api("POST", `/api/v1/journeys/${id}/publish`, { cas });
  for (const number of [ADA, LUZ]) await house.api("PATCH", `/api/v1/contacts/${await house.person(number)}`, { tags: { add: ["fair"] } });
  await until(async () => (await house.api("GET", `/api/v1/journeys/${id}/runs`)).items.some((run) => run.step === "s1"), "somebody is in the journey");
}

/** Noor agreed on paper; the sheet is kept. */
async function proven(house) {
  const noor = (await until(() => house.found("noor.haddad"), "Noor is known")).id;
  const file = await fetch(`${house.origin}/api/v1/contacts/${noor}/files?name=fair-sheet.pdf`, {
    method: "POST",
    headers: { authorization: `Bearer ${house.ready.api_key}`, "content-type": "application/pdf" },
    body: PDF,
  });
  const { sha256 } = await file.json();
  await house.api("PUT", `/api/v1/contacts/${noor}/consent`, { consent: "opted_in", evidence: { source: "trade_fair" }, file: sha256 });
}

/** One campaign that nobody has started yet, whose id it gives, and one of two variants that is over. */
async function campaigns(house) {
  const number = house.ready.numbers[0];
  const autumn = { template: { name: "autumn_sale", language: "en_GB" }, variables: { body: ["{{first_name|friend}}"] } };
  const list = "phone,first_name\n+447700900123,Ada\n+12025550142,Sam\n+525555550103,Luz\n+5551998765432,Ana\n";
  const draft = await house.api("POST", "/api/v1/campaigns", { name: "Autumn sale, for everybody", number, ...autumn, audience: { csv: list }, basis: "consent" });
  const variants = [{ ...autumn, share: 50 }, { template: { name: "spring_sale", language: "en_GB" }, share: 50 }];
  const numbers = [ADA, SAM, ANA, LUZ, "+447700900188", "+447700900777"];
  const { id } = await house.api("POST", "/api/v1/campaigns", { name: "Autumn sale, for regulars", number, variants, audience: { numbers }, basis: "consent", winner_by: "replies" });
  await house.api("POST", `/api/v1/campaigns/${id}/start`);
  await until(async () => (await house.api("GET", `/api/v1/campaigns/${id}`)).state === "done", "the campaign is over");
  return draft.id;
}
