//! Topics in the words of each language, and what is changed about a topic after it was made.

use consent::id::TopicId;
use serde_json::json;

use crate::{
    codec,
    error::StoreError,
    list::{List, clean, hex, last_of_each},
    pool::{Store, Tx, on_pool, on_tx},
};

/// A topic in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicText {
    /// Which.
    pub topic: TopicId,
    /// The language, as a BCP 47 tag.
    pub language: String,
    /// What it is called in that language.
    pub name: String,
    /// What it brings, in a sentence.
    pub description: String,
}

type TextRow = (Vec<u8>, String, String, String);

impl Store {
    /// Every translation of every topic, in the order of topics and languages.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn topic_texts(&self) -> Result<Vec<TopicText>, StoreError> {
        let sql = "select topic_id, language, name, description from topic_text order by topic_id, language";
        let rows: Vec<TextRow> = on_pool!(self, pool => sqlx::query_as(sql).fetch_all(pool).await?);
        let read = |(topic, language, name, description): TextRow| {
            Ok(TopicText {
                topic: TopicId::new(codec::uuid(&topic)?),
                language,
                name,
                description,
            })
        };
        rows.into_iter().map(read).collect()
    }
}

impl Tx {
    /// Gives a topic another name and description; says whether there is such a topic.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken; and when the database does not answer.
    pub async fn edit_topic(
        &mut self,
        topic: TopicId,
        name: &str,
        description: &str,
    ) -> Result<bool, StoreError> {
        let sql = "update topic set name = $2, description = $3 where id = $1";
        let id = topic.get().as_bytes().to_vec();
        let done = on_tx!(self, conn => sqlx::query(sql).bind(id).bind(clean(name)).bind(clean(description))
            .execute(conn).await?.rows_affected());
        Ok(done == 1)
    }

    /// Keeps translations, over older ones.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_topic_texts(&mut self, texts: &[TopicText]) -> Result<(), StoreError> {
        let sql = "insert into topic_text (topic_id, language, name, description) \
                   select unhex(r.value ->> 'id'), r.value ->> 'l', r.value ->> 'n', r.value ->> 'd' \
                   from jsonb_each($1) as r where true on conflict (topic_id, language) \
                   do update set name = excluded.name, description = excluded.description";
        let kept = last_of_each(texts, |text| (text.topic, text.language.clone()));
        let list = List::of(kept.into_iter().map(|text| {
            json!({ "id": hex(text.topic.get()), "l": text.language, "n": text.name, "d": text.description })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }

    /// Drops the translations of a topic into these languages.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_topic_texts(
        &mut self,
        topic: TopicId,
        languages: &[String],
    ) -> Result<(), StoreError> {
        let sql = "delete from topic_text where topic_id = $1 \
                   and language in (select r.value ->> 'l' from jsonb_each($2) as r)";
        let id = topic.get().as_bytes().to_vec();
        let list = List::of(languages.iter().map(|language| json!({ "l": language })));
        on_tx!(self, conn => { sqlx::query(sql).bind(id).bind(list.text()).execute(conn).await?; });
        Ok(())
    }
}
