//! Arguments that several commands take. An error completes the sentence that begins with the argument's name.

use uuid::Uuid;

pub fn uuid(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "must be a UUID".to_owned())
}
