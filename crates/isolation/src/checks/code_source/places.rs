//! Properties that say in which bucket code lies, whatever the type: of pipelines, builds,
//! environments, jobs.

use tenantry_template::{PartRef, Resource, Text, Value, ValueKind};

use crate::facts::paths;

/// An object of a bucket from which something takes what it runs.
pub(super) struct Place<'v, 'a> {
    pub(super) bucket: &'v Value<'a>,
    /// `None` for any object.
    pub(super) key: Option<Text<'a>>,
}

/// The names of a bucket and of an object in a map that says where something lies.
const BUCKETS: &[&str] =
    &["S3Bucket", "S3BucketName", "BucketName", "Bucket", "BucketARN", "BucketArn"];
const KEYS: &[&str] = &["S3Key", "S3ObjectKey", "FileKey", "ObjectKey", "Key"];

/// Types whose code is read elsewhere, or whose bucket and key are no code.
const BESIDES: &[&str] = &[
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::S3::Bucket",
    "AWS::IAM::Role",
    "AWS::EC2::SpotFleet",
];

/// Properties that name a bucket alone, of which every object may be run.
const WHOLE: &[(&str, &[&str])] = &[
    ("AWS::CodePipeline::Pipeline", &["ArtifactStore", "Location"]),
    ("AWS::CodePipeline::Pipeline", &["ArtifactStores", "ArtifactStore", "Location"]),
    ("AWS::MWAA::Environment", &["SourceBucketArn"]),
];

/// The ends of properties that say by an address, `s3://BUCKET/KEY`, what is run.
const ADDRESSES: &[&str] =
    &["ScriptLocation", "S3Location", "ModelDataUrl", "Script", "Jar", "Path", "Location"];

/// What of a resource's texts says where its code lies.
#[derive(Default)]
pub(super) struct Said<'v, 'a> {
    /// Addresses at which code lies: `BUCKET/KEY`, after `s3://` or alone.
    pub(super) addresses: Vec<&'v Value<'a>>,
    /// The images that it runs: of tasks, jobs, builds, models, services.
    pub(super) images: Vec<&'v Value<'a>>,
}

/// Reads the texts of a resource.
pub(super) fn said<'v, 'a>(resource: &'v Resource<'a>) -> Said<'v, 'a> {
    const IMAGES: &[&str] = &["Image", "ImageUri", "ImageIdentifier", "ContainerImage"];
    let mut said = Said::default();
    paths::texts(&resource.properties, &mut |path, value| {
        if IMAGES.contains(&path.last()) {
            said.images.push(value);
        }
        let ValueKind::Text(text) = &value.kind else { return };
        let Some(PartRef::Literal(first)) = text.parts().next() else { return };
        if first.starts_with("s3://") && ADDRESSES.iter().any(|end| path.last().ends_with(end)) {
            said.addresses.push(value);
        }
    });
    let found = &mut said.addresses;
    // A build's source has its bucket and key in one, without a scheme.
    if resource.kind == "AWS::CodeBuild::Project" {
        let sources = ["Source", "SecondarySources"].map(|name| resource.properties.get(name));
        let sources = sources.into_iter().flatten().flat_map(Value::items);
        let in_bucket =
            sources.filter(|each| each.get("Type").and_then(Value::as_str) == Some("S3"));
        found.extend(in_bucket.filter_map(|each| each.get("Location")));
    }
    said
}

/// Where the code of a resource lies.
pub(super) fn of<'v, 'a>(resource: &'v Resource<'a>) -> Vec<Place<'v, 'a>> {
    let mut found = Vec::new();
    if BESIDES.contains(&resource.kind.as_str()) {
        return found;
    }
    for (_, path) in WHOLE.iter().filter(|(kind, _)| *kind == resource.kind) {
        let mut buckets = Vec::new();
        resource.properties.at_path_all(path, &mut buckets);
        found.extend(buckets.into_iter().map(|bucket| Place { bucket, key: None }));
    }
    resource.properties.walk(&mut |value: &'v Value<'a>| {
        let ValueKind::Map(entries) = &value.kind else { return };
        let of = |names: &[&str]| {
            let mut all = names.iter();
            all.find_map(|name| entries.iter().find(|(key, _)| key.text == **name))
        };
        // A version of an object never changes.
        let fixed = entries.iter().any(|(key, _)| key.text.contains("Version"));
        if let (Some((_, bucket)), Some((_, key)), false) = (of(BUCKETS), of(KEYS), fixed) {
            found.push(Place { bucket, key: key.to_text() });
        }
    });
    found
}
