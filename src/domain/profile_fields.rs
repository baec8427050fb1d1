//! The table of the customer's fields: what is made for each field is made from here.

/// Hands the fields of the customer to the macro `$with`, in the order of answers and events.
///
/// A row is `field: kind Type => Attribute`. A field of the kind `always` has no empty value: a change can replace it
/// but not clear it. To add an optional field, add its row; what the compiler asks for then is listed in CONTRIBUTING.md.
macro_rules! profile_fields {
    ($with:ident) => {
        $with! {
            external_id: always ExternalId => ExternalIdentifier,
            email: optional Email => Email,
            phone_number: optional PhoneNumber => PhoneNumber,
            salutation: optional Text<50> => Salutation,
            first_name: optional Text<255> => FirstName,
            last_name: optional Text<255> => LastName,
            gender: optional Gender => Gender,
            legal_type: always LegalType => LegalType,
            billing_address: optional PostalAddress => PrimaryBillingAddress,
            corporation: optional CorporationInfo => CorporationInfo,
            privacy: optional PrivacySettings => Privacy,
            region: always ClaimedRegion => ClaimedRegion,
            status: always CustomerStatus => Status,
        }
    };
}

pub(crate) use profile_fields;
