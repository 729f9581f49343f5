//! Currencies: the codes of ISO 4217 (list one, as of 2024) and their minor digits.

use crate::fault::Fault;
use crate::kind::nearest;

/// Digits after the point in which amounts of this currency are written; 2 for a code that is not known.
pub fn minor_digits(code: &str) -> u32 {
    match code {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

/// The code in capitals, if it is one: fault `unknown_currency`.
pub fn parse(code: &str) -> Result<String, Fault> {
    let code = code.trim().to_ascii_uppercase();
    if codes().any(|known| known == code) {
        return Ok(code);
    }
    let near = nearest(&code, codes());
    Err(Fault::new("unknown_currency")
        .with("value", &code)
        .near(near))
}

/// Every code, in alphabetical order.
pub fn codes() -> impl Iterator<Item = &'static str> {
    CODES.split_ascii_whitespace()
}

/// The currency of a sign or word beside an amount, where it means one currency to most readers.
pub(crate) fn of_sign(sign: &str) -> Option<&'static str> {
    Some(match sign {
        "¥" | "￥" | "元" | "人民币" | "RMB" => "CNY",
        "$" | "US$" => "USD",
        "€" => "EUR",
        "£" => "GBP",
        "HK$" => "HKD",
        "円" => "JPY",
        "₩" => "KRW",
        "₫" => "VND",
        "₹" => "INR",
        _ => return None,
    })
}

const CODES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN \
    BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS \
    GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK \
    LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB \
    PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS \
    TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn knows_codes_and_digits() {
        assert_eq!(parse(" cny ").unwrap(), "CNY");
        assert_eq!(parse("CNX").unwrap_err().code, "unknown_currency");
        assert_eq!(["JPY", "CNY", "KWD"].map(minor_digits), [0, 2, 3]);
        assert!(
            codes().zip(codes().skip(1)).all(|(a, b)| a < b),
            "in order, without a double"
        );
    }
}
