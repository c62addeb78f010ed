// The pages of the dashboard, found by their links and not by a list that somebody has to remember: one of each kind.

/** More kinds of pages than the dashboard will have; a crawl that finds more has lost its way. */
const PAGES_MAX = 150;
/** Steps from the first page. */
const DEPTH_MAX = 4;
/** What belongs to an answer of its own and is no page, or leads out of the dashboard. */
const ELSEWHERE = /^\/(api|assets|join|p|logout|login|welcome)(\/|$)/;
/** Questions in an address that make a page of their own, with their value where the value says which. */
const MATTERS = ["bulk"];
/** What only turns a page over, or narrows it. */
const TURNS = ["cursor", "after", "from", "to", "step", "lang", "by", "older", "before"];

/** Addresses of everything that the visitor can open by clicking, the first page first. */
export async function crawl(visit) {
  const found = new Map([["/", "/"]]);
  let newest = ["/"];
  for (let depth = 0; depth < DEPTH_MAX && newest.length; depth += 1) {
    const next = [];
    for (const path of newest) {
      for (const link of await links(visit, path)) {
        const kind = kindOf(link);
        if (!kind || found.has(kind)) continue;
        found.set(kind, link);
        next.push(link);
      }
    }
    newest = next;
    if (found.size > PAGES_MAX) throw new Error(`wanted: at most ${PAGES_MAX} kinds of pages, and there are ${found.size}`);
  }
  const pages = [];
  for (const path of found.values()) if (await isPage(visit, path)) pages.push(path);
  return pages.sort();
}

/** Same-origin links of a page that are not there to be downloaded. */
async function links(visit, path) {
  const answer = await visit.context.request.get(`${visit.house.origin}${path}`);
  if (!(answer.headers()["content-type"] ?? "").startsWith("text/html")) return [];
  const text = await answer.text();
  const all = [...text.matchAll(/<a\s([^>]*)>/g)].map((match) => match[1]).filter((rest) => !/\sdownload(\s|$|=)/.test(` ${rest}`));
  const hrefs = all.map((rest) => /href="([^"]*)"/.exec(rest)?.[1]).filter(Boolean);
  const urls = hrefs.map((href) => new URL(href.replaceAll("&#38;", "&").replaceAll("&amp;", "&"), `${visit.house.origin}${path}`));
  return urls.filter((url) => url.origin === visit.house.origin && !ELSEWHERE.test(url.pathname)).map((url) => url.pathname + url.search);
}

/** Addresses of one kind differ only in whom or what they are about. */
function kindOf(link) {
  const url = new URL(link, "http://x");
  const path = url.pathname.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "{id}").replaceAll(/[0-9a-f]{64}/g, "{hash}").replaceAll(/\d{5,}/g, "{number}");
  const asked = [...url.searchParams.entries()].filter(([key]) => !TURNS.includes(key));
  return [path, ...asked.map(([key, value]) => (MATTERS.includes(key) ? `${key}=${value}` : key)).sort()].join(" ");
}

async function isPage(visit, path) {
  const answer = await visit.context.request.get(`${visit.house.origin}${path}`);
  const kept = answer.headers()["content-disposition"] ?? "";
  return (answer.headers()["content-type"] ?? "").startsWith("text/html") && !kept.startsWith("attachment");
}
