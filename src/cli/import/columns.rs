//! Which column is which field: as `--map` says, else by what the column is called.

use std::{collections::BTreeMap, str::FromStr};

use super::fields::{self, ADDRESS_COUNTRY, Field, REGION_COUNTRY};

/// `COLUMN=FIELD`: a column by its name in the header.
#[derive(Clone, Debug)]
pub struct Mapping {
    column: String,
    /// `None`: the column is not imported.
    field: Option<&'static Field>,
}

/// `FIELD=VALUE`: what a field is where its cell is empty or there is no column for it.
#[derive(Clone, Debug)]
pub struct Fallback {
    pub field: &'static Field,
    pub value: String,
}

/// What an errors file has behind the columns of its import.
pub const ERROR_COLUMNS: [&str; 5] = ["line", "code", "field", "message", "holder"];

/// The columns of a file, in their order.
#[derive(Debug)]
pub struct Columns {
    pub names: Vec<String>,
    /// Of each column: most mean one field or none.
    pub fields: Vec<Vec<&'static Field>>,
    /// How many there are without those of an errors file.
    pub own: usize,
}

impl Columns {
    /// # Errors
    ///
    /// A sentence: the header has no column that is known, two that mean the same field, or none of a name in `--map`.
    pub fn new(names: Vec<String>, mappings: &[Mapping]) -> Result<Self, String> {
        let own = own(&names);
        let mut fields: Vec<Vec<&'static Field>> = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let mut said = mappings.iter().filter(|mapping| mapping.column == *name).peekable();
            fields.push(match said.peek() {
                _ if index >= own => Vec::new(),
                Some(_) => said.filter_map(|mapping| mapping.field).collect(),
                None => usual(name, mappings),
            });
        }
        for mapping in mappings {
            match names[..own].iter().filter(|name| **name == mapping.column).count() {
                0 => {
                    return Err(format!(
                        "--map names the column {:?}, which the header has not",
                        mapping.column
                    ));
                }
                1 => {}
                _ => {
                    return Err(format!(
                        "--map names the column {:?}, which the header has twice",
                        mapping.column
                    ));
                }
            }
        }
        let mut columns = Self { names, fields, own };
        columns.refuse_twice()?;
        if columns.fields.iter().all(Vec::is_empty) {
            let names = columns.names.join(", ");
            return Err(format!(
                "no column of the first line is known ({names}): is it a header? --map COLUMN=FIELD says what a column is"
            ));
        }
        columns.share_country();
        Ok(columns)
    }

    /// The first two columns of the same field.
    fn refuse_twice(&self) -> Result<(), String> {
        let mut seen = BTreeMap::new();
        for (name, fields) in self.names.iter().zip(&self.fields) {
            for field in fields {
                if let Some(other) = seen.insert(field.path, name) {
                    let path = field.path;
                    return Err(if other == name {
                        format!("the header has the column {name:?} twice")
                    } else {
                        format!(
                            "the columns {other:?} and {name:?} both mean {path}: --map {name:?}= leaves one out"
                        )
                    });
                }
            }
        }
        Ok(())
    }

    /// Most files have one country. An address needs one, too.
    fn share_country(&mut self) {
        const ADDRESS: &str = "primaryBillingAddress.";
        let has = |path: &dyn Fn(&str) -> bool| self.fields.iter().flatten().any(|field| path(field.path));
        if !has(&|path| path.starts_with(ADDRESS)) || has(&|path| path == ADDRESS_COUNTRY) {
            return;
        }
        let claimed =
            self.fields.iter_mut().find(|fields| fields.iter().any(|field| field.path == REGION_COUNTRY));
        if let Some(fields) = claimed {
            fields.extend(fields::by_path(ADDRESS_COUNTRY));
        }
    }

    /// `mail → email, …`, and which columns are not imported.
    pub fn sentence(&self) -> String {
        let own = self.names.iter().zip(&self.fields).take(self.own);
        let (used, unused): (Vec<_>, Vec<_>) = own.partition(|(_, fields)| !fields.is_empty());
        let used = used.iter().map(|(name, fields)| {
            let paths: Vec<_> = fields.iter().map(|field| field.path).collect();
            format!("{name} → {}", paths.join(" + "))
        });
        let unused: Vec<_> = unused.iter().map(|(name, _)| name.as_str()).collect();
        let unused =
            if unused.is_empty() { String::new() } else { format!(", unused: {}", unused.join(", ")) };
        format!("{}{unused}", used.collect::<Vec<_>>().join(", "))
    }
}

/// Columns before those that an errors file adds.
fn own(names: &[String]) -> usize {
    let own = names.len().saturating_sub(ERROR_COLUMNS.len());
    if names[own..].iter().eq(ERROR_COLUMNS) { own } else { names.len() }
}

/// The field that is usually called so, unless `--map` names another column for it.
fn usual(name: &str, mappings: &[Mapping]) -> Vec<&'static Field> {
    let is_said = |field: &&'static Field| mappings.iter().any(|mapping| mapping.field == Some(*field));
    fields::usually(name).filter(|field| !is_said(field)).into_iter().collect()
}

impl FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (column, path) = text.rsplit_once('=').ok_or("must be COLUMN=FIELD, such as mail=email")?;
        let field = if path.is_empty() { None } else { Some(known(path)?) };
        Ok(Self { column: column.to_owned(), field })
    }
}

impl FromStr for Fallback {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape = "must be FIELD=VALUE, such as claimedRegion.languageCode=de";
        let (path, value) = text.split_once('=').ok_or(shape)?;
        Ok(Self { field: known(path)?, value: value.to_owned() })
    }
}

fn known(path: &str) -> Result<&'static Field, String> {
    fields::by_path(path).ok_or_else(|| {
        let paths: Vec<_> = fields::all().map(|field| field.path).collect();
        format!("names no field; there are: {}", paths.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str], mappings: &[&str]) -> Result<Vec<Vec<&'static str>>, String> {
        let mappings: Vec<Mapping> = mappings.iter().map(|text| text.parse().unwrap()).collect();
        let columns = Columns::new(names.iter().map(|name| (*name).to_owned()).collect(), &mappings)?;
        Ok(columns.fields.iter().map(|fields| fields.iter().map(|field| field.path).collect()).collect())
    }

    #[test]
    fn columns_are_guessed_and_the_map_wins() {
        assert_eq!(
            columns(&["kundennr", "mail", "notiz"], &[]).unwrap(),
            [vec!["externalIdentifier"], vec!["email"], vec![]]
        );
        assert_eq!(
            columns(&["id", "nr"], &["nr=externalIdentifier"]).unwrap(),
            [vec![], vec!["externalIdentifier"]]
        );
        assert_eq!(columns(&["id", "mail"], &["mail="]).unwrap(), [vec!["externalIdentifier"], vec![]]);
    }

    #[test]
    fn a_country_is_that_of_the_address_where_it_has_none() {
        let country = ["claimedRegion.countryCode", "primaryBillingAddress.countryCode"];
        assert_eq!(columns(&["land"], &[]).unwrap(), [vec![country[0]]]);
        assert_eq!(columns(&["land", "ort"], &[]).unwrap()[0], country);
        assert_eq!(columns(&["land", "ort", "billingCountry"], &[]).unwrap()[0], [country[0]]);
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        for (names, mappings, sentence) in [
            (&["a", "b"][..], &[][..], "no column of the first line is known (a, b)"),
            (&["mail", "mail"], &[], "the header has the column \"mail\" twice"),
            (&["mail", "email"], &[], "the columns \"mail\" and \"email\" both mean email"),
            (&["mail"], &["nr=email"], "--map names the column \"nr\", which the header has not"),
            (&["nr", "nr", "mail"], &["nr=externalIdentifier"], "which the header has twice"),
        ] {
            let said = columns(names, mappings).unwrap_err();
            assert!(said.contains(sentence), "{said}");
        }
        for text in ["mail", "mail=nonsense"] {
            assert!(text.parse::<Mapping>().is_err());
        }
    }

    #[test]
    fn an_errors_file_is_known_by_its_last_columns() {
        let names = ["mail", "line", "code", "field", "message", "holder"].map(str::to_owned);
        let columns = Columns::new(names.to_vec(), &[]).unwrap();
        assert_eq!((columns.own, columns.sentence().as_str()), (1, "mail → email"));
    }
}
