//! Calls that make or change things at Meta and reach nobody.

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;

use super::{Answer, CallError, Client, escaped};
use crate::{
    bearer::Bearer,
    route::{Passage, What},
    template::draft::{Draft, Made},
};

impl Client {
    /// Makes a template in an account and hands it to Meta for review. No message goes out by it.
    ///
    /// # Errors
    /// [`CallError::Refused`] with Meta's words; [`CallError::Unreachable`] when no answer came, and it may have been made.
    pub async fn create_template(
        &self,
        account: &str,
        authorization: &Bearer,
        draft: &Draft,
    ) -> Result<Made, CallError> {
        let version = self.settings.version.clone();
        let passage = Passage::new(version, What::CreateTemplate, account)
            .map_err(|error| CallError::Unreadable(error.to_string()))?;
        let request = self
            .request(passage.method(), &passage.to_string(), authorization)
            .header(CONTENT_TYPE, "application/json")
            .timeout(self.settings.send_timeout)
            .body(Bytes::from(draft.to_json().to_string()));
        let answer = Answer::of(request.send().await).await?.good()?;
        Made::read(&answer.body)
            .ok_or_else(|| CallError::Unreadable("it names no template".to_owned()))
    }

    /// Deletes a template in one language: both its name and its id say which, as Meta wants them.
    ///
    /// # Errors
    /// [`CallError::Refused`] with Meta's words; [`CallError::Unreachable`] when no answer came, and it may be gone.
    pub async fn delete_template(
        &self,
        account: &str,
        authorization: &Bearer,
        (name, id): (&str, &str),
    ) -> Result<(), CallError> {
        let version = self.settings.version.clone();
        let query = format!("hsm_id={}&name={}", escaped(id), escaped(name));
        let passage = Passage::new(version, What::DeleteTemplates, account)
            .map_err(|error| CallError::Unreadable(error.to_string()))?
            .with_query(query);
        let request = self
            .request(passage.method(), &passage.to_string(), authorization)
            .timeout(self.settings.send_timeout);
        Answer::of(request.send().await).await?.good()?;
        Ok(())
    }
}
