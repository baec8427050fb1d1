//! The objects inside a customer in a request, and the claimed region beside it. Each is replaced whole.

use utoipa::openapi::{RefOr, schema::Schema};

use crate::domain::{
    additional_properties::AdditionalProperties,
    address::{self, PostalAddress},
    corporation::{self, CorporationInfo},
    country::CountryCode,
    language::LanguageCode,
    multiline_text::MultilineText,
    problem::Problem,
    region::ClaimedRegion,
    text::Text,
};
use crate::http::body::{
    field::{Field, IntoDomain, parses},
    object::{RequestObject, object_values, request_object},
    schema::{self, Schemas},
    value::{self, Value},
};

request_object! {
    /// The country and language the caller claims for the customer.
    pub struct ClaimedRegionDto {
        /// ISO 3166-1 alpha-2, in any case.
        #[serde(rename = "countryCode")]
        #[validate(required, custom(function = parses))]
        country_code: Field<CountryCode>,
        /// ISO 639-1, in any case.
        #[serde(rename = "languageCode")]
        #[validate(required, custom(function = parses))]
        language_code: Field<LanguageCode>,
    }
}

request_object! {
    /// Named properties and whatever else the tenant sends: at most 2 KiB and 3 levels, kept as sent.
    pub struct PostalAddressDto {
        /// May stand on several lines.
        #[validate(custom(function = parses))]
        street: Field<MultilineText<255>>,
        /// May stand on several lines.
        #[validate(custom(function = parses))]
        street2: Field<MultilineText<255>>,
        #[validate(custom(function = parses))]
        city: Field<Text<255>>,
        #[validate(custom(function = parses))]
        state: Field<Text<255>>,
        #[serde(rename = "postalCode")]
        #[validate(custom(function = parses))]
        postal_code: Field<Text<30>>,
        /// ISO 3166-1 alpha-2, in any case.
        #[serde(rename = "countryCode")]
        #[validate(required, custom(function = parses))]
        country_code: Field<CountryCode>,
    }
    extra additional: AdditionalProperties;
}

request_object! {
    /// Named properties and whatever else the tenant sends: at most 8 KiB and 5 levels, kept as sent.
    pub struct CorporationInfoDto {
        #[serde(rename = "companyName")]
        #[validate(required, custom(function = parses))]
        company_name: Field<Text<255>>,
        #[serde(rename = "taxNumber")]
        #[validate(custom(function = parses))]
        tax_number: Field<Text<255>>,
        #[serde(rename = "taxOffice")]
        #[validate(custom(function = parses))]
        tax_office: Field<Text<255>>,
        #[serde(rename = "vatNumber")]
        #[validate(custom(function = parses))]
        vat_number: Field<Text<255>>,
        #[serde(rename = "registrationNumber")]
        #[validate(custom(function = parses))]
        registration_number: Field<Text<255>>,
    }
    extra additional: AdditionalProperties;
}

object_values!(ClaimedRegionDto);

impl Value for PostalAddressDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        const NAMED: [&str; 6] = ["street", "street2", "city", "state", "postalCode", "countryCode"];
        let named: Self = value::object(json)?;
        Ok(Self { additional: AdditionalProperties::parse(json, &NAMED, address::ADDITIONAL)?, ..named })
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        let object = schema::keeping_additional(Self::object(schemas));
        schema::named("PostalAddressDto", object, schemas)
    }
}

impl Value for CorporationInfoDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        const NAMED: [&str; 5] = ["companyName", "taxNumber", "taxOffice", "vatNumber", "registrationNumber"];
        let named: Self = value::object(json)?;
        Ok(Self { additional: AdditionalProperties::parse(json, &NAMED, corporation::ADDITIONAL)?, ..named })
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        let object = schema::keeping_additional(Self::object(schemas));
        schema::named("CorporationInfoDto", object, schemas)
    }
}

impl IntoDomain for ClaimedRegionDto {
    type Domain = ClaimedRegion;

    fn into_domain(self) -> Option<ClaimedRegion> {
        let Self { country_code, language_code } = self;
        Some(ClaimedRegion { country: country_code.into_option()?, language: language_code.into_option()? })
    }
}

impl IntoDomain for PostalAddressDto {
    type Domain = PostalAddress;

    fn into_domain(self) -> Option<PostalAddress> {
        let Self { street, street2, city, state, postal_code, country_code, additional } = self;
        Some(PostalAddress {
            street: street.into_option(),
            street2: street2.into_option(),
            city: city.into_option(),
            state: state.into_option(),
            postal_code: postal_code.into_option(),
            country: country_code.into_option()?,
            additional,
        })
    }
}

impl IntoDomain for CorporationInfoDto {
    type Domain = CorporationInfo;

    fn into_domain(self) -> Option<CorporationInfo> {
        let Self { company_name, tax_number, tax_office, vat_number, registration_number, additional } = self;
        Some(CorporationInfo {
            company_name: company_name.into_option()?,
            tax_number: tax_number.into_option(),
            tax_office: tax_office.into_option(),
            vat_number: vat_number.into_option(),
            registration_number: registration_number.into_option(),
            additional,
        })
    }
}
