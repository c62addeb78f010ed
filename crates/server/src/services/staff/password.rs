//! Passwords: Argon2id, off the threads that answer, and so many at a time.

use std::sync::LazyLock;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::error::Error;

/// Shortest password, in characters (NIST SP 800-63B-4 wants 15 where nothing else protects, 8 beside a second factor).
pub const CHARS_MIN: usize = 12;
/// Longest password, in bytes.
pub const BYTES_MAX: usize = 256;
/// Memory, in KiB, and rounds for one password: what OWASP's cheat sheet names for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const ROUNDS: u32 = 2;
/// How many may be worked on at once: a flood of tries must not take the memory.
const AT_ONCE: usize = 2;

/// What is worked through for an address that nobody has, so that the time taken tells nothing.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$QyhXqd3KjDJvGvJ5jO4gPuzqLC2y3DJvGq8r6P3oYy0";

/// Words that are tried first by whoever guesses. Longer ones come from lists that we do not carry.
const GUESSED: [&str; 8] = [
    "password",
    "qwerty",
    "letmein",
    "welcome",
    "consentry",
    "whatsapp",
    "iloveyou",
    "abc123",
];

static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(AT_ONCE));

/// Whether a password may be one.
///
/// # Errors
/// [`Error::Invalid`] saying what is wanted.
pub fn check(password: &str, email: &str) -> Result<(), Error> {
    let wanted = |message: String| Err(Error::field("password", message));
    if password.chars().count() < CHARS_MIN {
        return wanted(format!(
            "the password is too short: want at least {CHARS_MIN} characters, a few words are fine"
        ));
    }
    if password.len() > BYTES_MAX {
        return wanted(format!(
            "the password is too long: want at most {BYTES_MAX} bytes"
        ));
    }
    let folded = password.to_lowercase();
    let mut rest = folded.clone();
    let local = email.split('@').next().unwrap_or_default().to_lowercase();
    for word in GUESSED.into_iter().chain([local.as_str()]) {
        if !word.is_empty() {
            rest = rest.replace(word, "");
        }
    }
    let mut different: Vec<char> = rest.chars().collect();
    different.sort_unstable();
    different.dedup();
    // What is left when the guessable is taken away must still be a secret.
    if rest.chars().count() < CHARS_MIN / 2 || different.len() < CHARS_MIN / 3 {
        return wanted(
            "the password is easy to guess: want one without your name, and not one sign over and over"
                .to_owned(),
        );
    }
    Ok(())
}

/// A password as it is kept: a PHC string.
///
/// # Errors
/// When the machine gives no random bytes.
pub async fn hash(password: &str) -> Result<String, Error> {
    let password = password.to_owned();
    in_turn(move || {
        let hash = argon2()?.hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string())
            .map_err(|cause| cause.to_string())
    })
    .await?
    .map_err(Error::internal)
}

/// Whether a password is the one that is kept; takes as long where none is.
///
/// # Errors
/// When the work cannot be done.
pub async fn is_right(password: &str, kept: Option<&str>) -> Result<bool, Error> {
    // Nobody's password is as long, and working through it would take as long as they like.
    let password = password.get(..BYTES_MAX).unwrap_or(password).to_owned();
    let is_there = kept.is_some();
    let kept = kept.unwrap_or(NOBODY).to_owned();
    in_turn(move || {
        let right = argon2().is_ok_and(|argon2| {
            argon2
                .verify_password(password.as_bytes(), kept.as_str())
                .is_ok()
        });
        right && is_there
    })
    .await
}

fn argon2() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY_KIB, ROUNDS, 1, None).map_err(|cause| cause.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let turn = TURNS.acquire().await.map_err(Error::internal)?;
    let done = tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal);
    drop(turn);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_easy_to_guess_is_no_password() {
        for (password, good) in [
            ("short", false),
            ("aaaaaaaaaaaaaaaa", false),
            ("passwordpassword1", false),
            ("ana.souza2026", false),
            ("abcabcabcabc", false),
            ("correct horse battery", true),
            ("пароль-из-слов-1", true),
            ("Zt7#kQ9!vLm2", true),
        ] {
            assert_eq!(
                check(password, "ana.souza@shop.example").is_ok(),
                good,
                "{password}"
            );
        }
        assert!(check(&"ab c".repeat(100), "a@b.example").is_err());
    }

    #[tokio::test]
    async fn a_password_is_found_right_and_no_other() {
        let kept = hash("correct horse battery").await.unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert_ne!(kept, hash("correct horse battery").await.unwrap());
        assert!(
            is_right("correct horse battery", Some(&kept))
                .await
                .unwrap()
        );
        assert!(
            !is_right("correct horse batterz", Some(&kept))
                .await
                .unwrap()
        );
        assert!(!is_right("correct horse battery", None).await.unwrap());
        assert!(
            PasswordHashes::reads(NOBODY),
            "working through nobody's takes as long"
        );
    }

    struct PasswordHashes;

    impl PasswordHashes {
        fn reads(text: &str) -> bool {
            argon2::PasswordHash::new(text).is_ok()
        }
    }
}
