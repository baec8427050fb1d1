//! What is sent for a row of CSV: a store, made of its cells.

use clap::ValueEnum;

use super::{
    bulk_line::{Members, Object, OnConflict, store, string},
    columns::{Columns, Fallback},
    fault::Fault,
    fields::{ADDRESS_COUNTRY, FURTHER, Field, Kind, SOURCE_VERSION},
};
use crate::domain::{country::CountryCode, local_phone::parse_local};

/// What an empty cell says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Empty {
    /// Nothing: an update keeps what is there
    #[default]
    Keep,
    /// That there is nothing: an update clears what is there
    Clear,
}

pub struct RowMaker {
    pub columns: Columns,
    pub fallbacks: Vec<Fallback>,
    pub empty: Empty,
    pub phone_region: Option<CountryCode>,
    pub on_conflict: OnConflict,
}

/// The objects of a line.
#[derive(Default)]
struct Line {
    beside: Object,
    customer: Object,
    address: Object,
    corporation: Object,
    region: Object,
    /// For an address that has no country of its own.
    address_country: Option<String>,
}

impl RowMaker {
    pub fn line(&self, cells: &[String]) -> Result<String, Vec<Fault>> {
        let expected = self.columns.names.len();
        if cells.len() != expected {
            return Err(vec![Fault::column_count(cells.len(), expected)]);
        }
        let (mut line, mut faults) = (Line::default(), Vec::new());
        let in_columns = self.columns.fields.iter().zip(cells);
        let in_columns =
            in_columns.flat_map(|(fields, cell)| fields.iter().map(move |field| (*field, cell.as_str())));
        let has = |field: &Field| self.columns.fields.iter().flatten().any(|other| *other == field);
        let without_column = self.fallbacks.iter().map(|fallback| (fallback.field, ""));
        let without_column = without_column.filter(|(field, _)| !has(field));
        for (field, cell) in in_columns.chain(without_column) {
            match self.value(field, cell) {
                Ok(Some(json)) if self.is_borrowed(field, cell) => line.address_country = Some(json),
                Ok(Some(json)) => line.add(field, &json),
                Ok(None) => {}
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() {
            Ok(line.json(self.empty, &self.columns, self.on_conflict))
        } else {
            Err(faults)
        }
    }

    /// The JSON of a cell; `None`: it says nothing.
    fn value(&self, field: &'static Field, cell: &str) -> Result<Option<String>, Fault> {
        let fallback = self.fallbacks.iter().find(|fallback| fallback.field == field);
        let value = match (cell.trim().is_empty(), fallback) {
            (false, _) => cell,
            (true, Some(fallback)) => &fallback.value,
            (true, None) => return Ok(self.clears(field).then(|| "null".to_owned())),
        };
        Ok(Some(match field.kind {
            Kind::Code | Kind::Phone if is_spreadsheet_number(value) => {
                return Err(Fault::spreadsheet_number(&field.in_line()));
            }
            Kind::Phone => string(&self.phone(value)),
            Kind::Json => as_json(value),
            Kind::Text | Kind::Kept | Kind::Code => string(value),
        }))
    }

    /// Whether this is the country of an address, from elsewhere: alone it makes no address.
    fn is_borrowed(&self, field: &Field, cell: &str) -> bool {
        let has_own = self.columns.fields.iter().any(|fields| fields.len() == 1 && fields[0] == field);
        field.path == ADDRESS_COUNTRY && (!has_own || cell.trim().is_empty())
    }

    /// Whether an empty cell of this field is `null`. Parts of an object are replaced with it: see [`Line::json`].
    fn clears(&self, field: &Field) -> bool {
        let may = match field.kind {
            Kind::Text | Kind::Phone | Kind::Json => true,
            Kind::Code | Kind::Kept => false,
        };
        self.empty == Empty::Clear && may && !field.path.contains('.')
    }

    /// A number without its country code is read as one of the region, where a region is said.
    fn phone(&self, value: &str) -> String {
        let local = self.phone_region.as_ref().filter(|_| !value.trim_start().starts_with('+'));
        let read = local.and_then(|region| parse_local(value, region).ok());
        read.map_or_else(|| value.to_owned(), |number| number.as_str().to_owned())
    }
}

impl Line {
    fn add(&mut self, field: &Field, json: &str) {
        let Some((object, name)) = field.path.split_once('.') else {
            let into = if field.path == SOURCE_VERSION { &mut self.beside } else { &mut self.customer };
            return into.add(field.path, json);
        };
        let into = match object {
            "primaryBillingAddress" => &mut self.address,
            "corporationInfo" => &mut self.corporation,
            _ => &mut self.region,
        };
        match serde_json::from_str(json) {
            Ok(Members(further)) if field.path.ends_with(FURTHER) => {
                further.iter().for_each(|(name, value)| into.add(name, value.get()));
            }
            _ => into.add(name, json),
        }
    }

    /// An object without any part is not sent, or cleared as a whole where empty cells clear.
    fn json(mut self, empty: Empty, columns: &Columns, on_conflict: OnConflict) -> String {
        if let Some(country) = self.address_country.filter(|_| !self.address.is_empty()) {
            self.address.add("countryCode", &country);
        }
        for (name, object) in
            [("primaryBillingAddress", &self.address), ("corporationInfo", &self.corporation)]
        {
            let has_column = columns.fields.iter().flatten().any(|field| field.path.starts_with(name));
            if !object.is_empty() {
                self.customer.add(name, &object.json());
            } else if empty == Empty::Clear && has_column {
                self.customer.add(name, "null");
            }
        }
        if !self.region.is_empty() {
            self.beside.add("claimedRegion", &self.region.json());
        }
        store(&self.customer, self.beside, on_conflict)
    }
}

/// `4.917E+11`, as spreadsheets show and save long numbers.
fn is_spreadsheet_number(cell: &str) -> bool {
    let cell = cell.trim();
    let Some((mantissa, exponent)) = cell.split_once("E+").or_else(|| cell.split_once("e+")) else {
        return false;
    };
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole.trim_start_matches(['+', '-'])) && are_digits(fraction) && are_digits(exponent)
}

/// What is no JSON is sent as text, for the API to refuse.
fn as_json(cell: &str) -> String {
    match serde_json::from_str::<&serde_json::value::RawValue>(cell) {
        // A cell may have line breaks; JSON has them only between values.
        Ok(json) => json.get().replace(['\n', '\r'], " "),
        Err(_) => string(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maker(names: &[&str], fallbacks: &[&str], empty: Empty) -> RowMaker {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        RowMaker {
            columns: Columns::new(names, &[]).unwrap(),
            fallbacks: fallbacks.iter().map(|text| text.parse().unwrap()).collect(),
            empty,
            phone_region: CountryCode::parse("DE").ok(),
            on_conflict: None,
        }
    }

    fn line(maker: &RowMaker, cells: &[&str]) -> Result<String, Vec<Fault>> {
        maker.line(&cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn cells_become_a_store() {
        let maker = maker(
            &["kundennr", "ort", "land", "privacy", "sourceVersion", "corporationInfo.*", "notiz"],
            &["claimedRegion.languageCode=de"],
            Empty::Keep,
        );
        assert_eq!(
            line(&maker, &["a\"b", "Köln", "DE", "{\"n\":1.10}", "7", "{\"lei\":1e2}", "x"]).unwrap(),
            r#"{"operation":"store","sourceVersion":"7","claimedRegion":{"countryCode":"DE","languageCode":"de"},"customer":{"externalIdentifier":"a\"b","privacy":{"n":1.10},"primaryBillingAddress":{"city":"Köln","countryCode":"DE"},"corporationInfo":{"lei":1e2}}}"#
        );
        assert_eq!(
            line(&maker, &["a", "", "", "no json", "", "", ""]).unwrap(),
            r#"{"operation":"store","claimedRegion":{"languageCode":"de"},"customer":{"externalIdentifier":"a","privacy":"no json"}}"#
        );
    }

    #[test]
    fn a_country_alone_is_no_address_unless_it_is_its_own() {
        let borrowed = maker(&["id", "ort", "land"], &[], Empty::Keep);
        assert!(!line(&borrowed, &["a", "", "DE"]).unwrap().contains("primaryBillingAddress"));
        let own = maker(&["id", "ort", "billingCountry"], &[], Empty::Keep);
        assert!(
            line(&own, &["a", "", "DE"]).unwrap().contains(r#""primaryBillingAddress":{"countryCode":"DE"}"#)
        );
    }

    #[test]
    fn an_empty_cell_keeps_or_clears_what_can_be_cleared() {
        let names = ["id", "mail", "status", "ort", "land"];
        let cells = ["a", " ", "", "", ""];
        let kept = line(&maker(&names, &[], Empty::Keep), &cells).unwrap();
        assert_eq!(kept, r#"{"operation":"store","customer":{"externalIdentifier":"a"}}"#);
        let cleared = line(&maker(&names, &[], Empty::Clear), &cells).unwrap();
        assert_eq!(
            cleared,
            r#"{"operation":"store","customer":{"externalIdentifier":"a","email":null,"primaryBillingAddress":null}}"#
        );
    }

    #[test]
    fn a_number_that_a_spreadsheet_rounded_is_named() {
        for cell in ["4.917E+11", "4,917E+11", "5E+12", "4.9e+11", "-1.2E+3"] {
            assert!(is_spreadsheet_number(cell), "{cell}");
        }
        for cell in ["+491701234567", "4E7", "1E+", "E+11", "1.2.3E+4", "crm-1E+2x", ""] {
            assert!(!is_spreadsheet_number(cell), "{cell}");
        }
        let maker = maker(&["id", "tel"], &[], Empty::Keep);
        assert_eq!(
            line(&maker, &["a", "4.917E+11"]),
            Err(vec![Fault::spreadsheet_number("customer.phoneNumber")])
        );
    }

    #[test]
    fn a_local_number_is_read_only_where_a_region_is_said() {
        let mut maker = maker(&["id", "tel"], &[], Empty::Keep);
        assert!(line(&maker, &["a", "0170 1234567"]).unwrap().contains("\"+491701234567\""));
        assert!(line(&maker, &["a", "+43 1 234567"]).unwrap().contains("\"+43 1 234567\""));
        maker.phone_region = None;
        assert!(line(&maker, &["a", "0170 1234567"]).unwrap().contains("\"0170 1234567\""));
    }

    #[test]
    fn a_row_has_as_many_cells_as_the_header() {
        let maker = maker(&["id", "mail"], &[], Empty::Keep);
        assert_eq!(line(&maker, &["a"]), Err(vec![Fault::column_count(1, 2)]));
    }
}
