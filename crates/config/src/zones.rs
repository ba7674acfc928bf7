//! Availability zones: their two kinds of names, and which of them a region can have.
//!
//! A zone's name is the region's code and a letter. In the oldest regions each account has letters
//! of its own, so the same letter is another place in another account; a zone's id, such as
//! `use1-az1`, is the same place for everybody.
//! <https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html>

/// Regions, what their zones' ids begin with, and the highest number of a zone that AWS lists or
/// ever gave: an account may have fewer.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>
const REGIONS: [(&str, &str, u8); 38] = [
    ("af-south-1", "afs1", 3),
    ("ap-east-1", "ape1", 3),
    ("ap-east-2", "ape2", 3),
    ("ap-northeast-1", "apne1", 4),
    ("ap-northeast-2", "apne2", 4),
    ("ap-northeast-3", "apne3", 3),
    ("ap-south-1", "aps1", 3),
    ("ap-south-2", "aps2", 3),
    ("ap-southeast-1", "apse1", 3),
    ("ap-southeast-2", "apse2", 3),
    ("ap-southeast-3", "apse3", 3),
    ("ap-southeast-4", "apse4", 3),
    ("ap-southeast-5", "apse5", 3),
    ("ap-southeast-6", "apse6", 3),
    ("ap-southeast-7", "apse7", 3),
    ("ca-central-1", "cac1", 4),
    ("ca-west-1", "caw1", 3),
    ("cn-north-1", "cnn1", 4),
    ("cn-northwest-1", "cnnw1", 3),
    ("eu-central-1", "euc1", 3),
    ("eu-central-2", "euc2", 3),
    ("eu-north-1", "eun1", 3),
    ("eu-south-1", "eus1", 3),
    ("eu-south-2", "eus2", 3),
    ("eu-west-1", "euw1", 3),
    ("eu-west-2", "euw2", 3),
    ("eu-west-3", "euw3", 3),
    ("il-central-1", "ilc1", 3),
    ("me-central-1", "mec1", 3),
    ("me-south-1", "mes1", 3),
    ("mx-central-1", "mxc1", 3),
    ("sa-east-1", "sae1", 3),
    ("us-east-1", "use1", 6),
    ("us-east-2", "use2", 3),
    ("us-gov-east-1", "usge1", 3),
    ("us-gov-west-1", "usgw1", 3),
    ("us-west-1", "usw1", 3),
    ("us-west-2", "usw2", 4),
];

/// What keeps a text from being a zone of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoZone {
    /// It does not have the form of the region's zones.
    OfAnotherRegion,
    /// It has the form, but the region has no zone of that letter or number.
    NotThere,
}

/// Whether a text names a zone that the region can have. Of a region that is not known, only the
/// form can be told.
pub(crate) fn check(region: &str, zone: &str) -> Result<(), NoZone> {
    let known = REGIONS.iter().find(|(code, ..)| *code == region);
    if let Some((prefix, number)) = zone.split_once("-az") {
        let [number @ b'1'..=b'9'] = number.as_bytes() else {
            return Err(NoZone::OfAnotherRegion);
        };
        let (sound, last) = match known {
            Some((_, known, last)) => (prefix == *known, *last),
            None => (resembles(region, prefix), 9),
        };
        return match sound {
            false => Err(NoZone::OfAnotherRegion),
            true if number - b'0' > last => Err(NoZone::NotThere),
            true => Ok(()),
        };
    }
    let letter = zone.strip_prefix(region).map(str::as_bytes);
    let Some([letter @ b'a'..=b'z']) = letter else { return Err(NoZone::OfAnotherRegion) };
    match known {
        // In the regions where letters are an account's own, there are as many as zones.
        Some((_, _, last)) if letter - b'a' >= *last => Err(NoZone::NotThere),
        _ => Ok(()),
    }
}

/// Whether zones of this region could have ids that begin so: the area, at least one letter of the
/// words, and the number.
fn resembles(region: &str, prefix: &str) -> bool {
    let area = region.get(..2).unwrap_or_default();
    let number = region.rsplit('-').next().unwrap_or_default();
    let letters =
        prefix.strip_prefix(area).and_then(|rest| rest.strip_suffix(number)).unwrap_or_default();
    !letters.is_empty() && letters.bytes().all(|b| b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_regions_ids_resemble_the_region_and_are_no_other_regions() {
        for (region, prefix, last) in REGIONS {
            assert!(resembles(region, prefix), "{region} {prefix}");
            assert_eq!(check(region, &format!("{prefix}-az{last}")), Ok(()));
            for (other, ..) in REGIONS {
                let verdict = check(other, &format!("{prefix}-az1"));
                assert_eq!(verdict.is_ok(), other == region, "{prefix} in {other}");
            }
        }
    }

    #[test]
    fn a_zone_is_told_by_name_or_by_id() {
        for (region, zone, verdict) in [
            ("us-east-1", "us-east-1f", Ok(())),
            ("us-east-1", "us-east-1g", Err(NoZone::NotThere)),
            ("us-east-1", "use1-az6", Ok(())),
            ("us-east-1", "use1-az7", Err(NoZone::NotThere)),
            ("us-east-1", "use1-az10", Err(NoZone::OfAnotherRegion)),
            ("us-east-1", "use2-az1", Err(NoZone::OfAnotherRegion)),
            ("us-east-1", "us-east-2a", Err(NoZone::OfAnotherRegion)),
            ("xx-central-1", "xx-central-1z", Ok(())),
            ("xx-central-1", "xxc1-az9", Ok(())),
            ("xx-central-1", "xxc2-az1", Err(NoZone::OfAnotherRegion)),
        ] {
            assert_eq!(check(region, zone), verdict, "{zone} in {region}");
        }
    }
}
