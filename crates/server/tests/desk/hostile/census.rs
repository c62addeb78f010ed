//! What a browser makes of a page: which elements with which attributes, where addresses lead, and what is only text.

use std::collections::{BTreeMap, BTreeSet};

use html5ever::{Attribute, parse_document, tendril::TendrilSink};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// Attributes that hold an address.
const ADDRESSES: [&str; 9] = [
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "poster",
    "srcset",
    "ping",
    "background",
];
/// Elements that no page of ours has.
const NEVER: [&str; 8] = [
    "iframe",
    "object",
    "embed",
    "base",
    "style",
    "math",
    "template",
    "plaintext",
];

/// A page, or some of them together.
#[derive(Debug, Default)]
pub struct Census {
    /// Elements with the names of their attributes and the beginnings of their addresses, and how many there are.
    pub marks: BTreeMap<String, usize>,
    /// Everything that is written.
    pub texts: Vec<String>,
    /// Where it leads.
    pub links: Vec<String>,
}

impl Census {
    /// Reads a page as a browser does.
    pub fn of(html: &str) -> Self {
        let dom = parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(html);
        let mut census = Self::default();
        census.walk(&dom.document);
        census
    }

    /// Takes in another page.
    pub fn add(&mut self, other: Self) {
        for (mark, count) in other.marks {
            *self.marks.entry(mark).or_default() += count;
        }
        self.texts.extend(other.texts);
        self.links.extend(other.links);
    }

    /// The marks without how often they are there.
    pub fn kinds(&self) -> BTreeSet<&str> {
        self.marks.keys().map(String::as_str).collect()
    }

    /// How this differs from another, mark by mark.
    pub fn against(&self, other: &Self) -> Vec<String> {
        let all: BTreeSet<&String> = self.marks.keys().chain(other.marks.keys()).collect();
        let count = |census: &Self, mark: &str| census.marks.get(mark).copied().unwrap_or(0);
        all.into_iter()
            .map(|mark| (mark, count(self, mark), count(other, mark)))
            .filter(|(_, here, there)| here != there)
            .map(|(mark, here, there)| format!("{mark}: {here} instead of {there}"))
            .collect()
    }

    /// Which marks no page may have, whoever wrote it.
    pub fn forbidden(&self) -> Vec<&str> {
        let is_bad = |mark: &&str| {
            let name = mark.split(' ').next().unwrap_or_default();
            let attributes = mark.split(' ').skip(1);
            NEVER.contains(&name)
                || name.contains("hostile")
                || (name == "script" && *mark != "script defer src=/")
                || attributes.into_iter().any(|attribute| {
                    attribute.starts_with("on")
                        || attribute.starts_with("style")
                        || attribute.contains("script:")
                        || attribute.contains("hostile")
                        || attribute.starts_with("srcdoc")
                })
        };
        self.marks
            .keys()
            .map(String::as_str)
            .filter(is_bad)
            .collect()
    }

    fn walk(&mut self, node: &Handle) {
        match &node.data {
            NodeData::Text { contents } => self.texts.push(contents.borrow().to_string()),
            NodeData::Comment { .. } | NodeData::ProcessingInstruction { .. } => {
                *self.marks.entry("a comment".to_owned()).or_default() += 1;
            }
            NodeData::Element { name, attrs, .. } => {
                let attrs = attrs.borrow();
                let mut words: Vec<String> = attrs.iter().map(|one| self.attribute(one)).collect();
                words.sort();
                words.insert(0, name.local.to_string());
                *self.marks.entry(words.join(" ")).or_default() += 1;
            }
            NodeData::Document | NodeData::Doctype { .. } => {}
        }
        for child in node.children.borrow().iter() {
            self.walk(child);
        }
    }

    fn attribute(&mut self, attribute: &Attribute) -> String {
        let name = attribute.name.local.to_string();
        let value = attribute.value.to_string();
        if !ADDRESSES.contains(&name.as_str()) {
            self.texts.push(value);
            return name;
        }
        let mark = format!("{name}={}", leads(&value));
        self.links.push(value);
        mark
    }
}

/// How an address begins, as browsers read it: they pass over spaces, tabs and line ends.
fn leads(address: &str) -> String {
    let plain: String = address
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .collect();
    let plain = plain
        .trim_start_matches(|c: char| c <= ' ')
        .replace('\\', "/");
    let first = plain.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((scheme, _)) = first.split_once(':') {
        let host = plain.split('/').nth(2).unwrap_or_default();
        return format!("{}://{host}", scheme.to_lowercase());
    }
    match plain.strip_prefix("//") {
        Some(host) => format!("//{}", host.split('/').next().unwrap_or_default()),
        None => plain.chars().take(1).collect(),
    }
}

#[test]
fn what_breaks_out_is_seen() {
    let page = Census::of(
        "<p title=\"a\" onclick=x>b<a href=\" java\tscript:x\">c</a><img src=//evil.example/x>",
    );
    let marks: Vec<&str> = page.marks.keys().map(String::as_str).collect();
    assert!(
        marks.contains(&"p onclick title") && marks.contains(&"a href=javascript://"),
        "{marks:?}"
    );
    assert_eq!(page.forbidden().len(), 2);
    assert_eq!(page.texts, ["a", "x", "b", "c"]);
    assert!(marks.contains(&"img src=//evil.example"));
}
