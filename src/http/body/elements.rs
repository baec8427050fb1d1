//! The first entries of a JSON array. The others are counted and not kept: how many there are is the caller's choice.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};

/// At most `MAX` entries, in their order.
pub struct First<T, const MAX: usize> {
    pub entries: Vec<T>,
    pub has_more: bool,
}

impl<T, const MAX: usize> Default for First<T, MAX> {
    fn default() -> Self {
        Self { entries: Vec::new(), has_more: false }
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for First<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Entries::<T, MAX>(PhantomData))
    }
}

struct Entries<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Entries<T, MAX> {
    type Value = First<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<First<T, MAX>, A::Error> {
        let mut first = First::default();
        while first.entries.len() < MAX {
            let Some(entry) = sequence.next_element()? else { return Ok(first) };
            first.entries.push(entry);
        }
        while sequence.next_element::<IgnoredAny>()?.is_some() {
            first.has_more = true;
        }
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_kept_and_more_are_noticed() {
        for (json, entries, has_more) in
            [("[]", vec![], false), ("[1,2]", vec![1, 2], false), (r#"[1,2,"x",[{}]]"#, vec![1, 2], true)]
        {
            let first: First<u8, 2> = serde_json::from_str(json).unwrap();
            assert_eq!((first.entries, first.has_more), (entries, has_more), "{json}");
        }
        assert!(serde_json::from_str::<First<u8, 2>>("{}").is_err());
    }
}
