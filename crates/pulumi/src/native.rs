//! A plan as a program that this process runs: components, resources as early as their inputs are known, outputs.

use std::path::Path;

use tenantry_pulumi_host::{
    Archive, Context, Failure, Properties, ProviderReference, Registered, Resource,
    ResourceOptions, Urn, Value, in_order,
};
use tenantry_resources::{Attribute, Component, Package, Part, Pseudo, Text};

use crate::aws;
use crate::input::{Input, Inputs};
use crate::plan::{Plan, Planned};

/// Registers everything and returns the stack's outputs. `packages` is the folder of the function code's archives, as
/// seen from the project's folder.
pub(crate) async fn run(
    plan: &Plan,
    context: &Context,
    packages: &Path,
) -> Result<Properties, Failure> {
    let provider = context.register(provider(plan, context)).await?;
    let reference = provider.provider_reference();
    let place = Place::ask(plan, context, &reference).await?;

    let components: Vec<Registered> =
        in_order(&vec![Vec::new(); plan.components.len()], |index, _| {
            let component = plan.components.get(index).ok_or_else(broken)?;
            let context = context.clone();
            let component = self::component(component);
            Ok(async move { context.register(component).await })
        })
        .await?;

    let needs: Vec<Vec<usize>> = plan
        .resources
        .iter()
        .map(|resource| resource.refers_to.iter().chain(&resource.depends_on).copied().collect())
        .collect();
    let registered = in_order(&needs, |index, done: &[Option<Registered>]| {
        let planned = plan.resources.get(index).ok_or_else(broken)?;
        let parent = components.get(planned.component).ok_or_else(broken)?;
        let resolver = Resolver { plan, place: &place, done, packages };
        let resource = resolver.resource(planned, parent.urn(), &reference);
        let context = context.clone();
        Ok(async move { context.register(resource).await })
    })
    .await?;

    let alone = vec![Vec::new(); components.len()];
    in_order(&alone, |index, _: &[Option<()>]| {
        let component = components.get(index).ok_or_else(broken)?.clone();
        let context = context.clone();
        Ok(async move { context.complete(&component, Properties::new()).await })
    })
    .await?;

    let done: Vec<Option<Registered>> = registered.into_iter().map(Some).collect();
    let resolver = Resolver { plan, place: &place, done: &done, packages };
    let outputs = plan.outputs.iter();
    Ok(outputs.map(|output| (output.name.clone(), resolver.text(&output.value))).collect())
}

/// The provider in the plan's region, with whatever else the stack's configuration has for it.
fn provider(plan: &Plan, context: &Context) -> Resource {
    let mut inputs: Properties = context
        .configuration()
        .namespace("aws")
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .collect();
    inputs.insert("region".to_owned(), plan.region.as_str().into());
    let options =
        ResourceOptions { version: Some(aws::VERSION.to_owned()), ..ResourceOptions::default() };
    Resource::custom(aws::PROVIDER, "aws").inputs(inputs).options(options)
}

fn component(component: &Component) -> Resource {
    Resource::component(format!("tenantry:index:{}", component.kind), component.name.as_str())
}

/// Where the stack is deployed to.
struct Place {
    region: Value,
    account: Value,
    partition: Value,
}

impl Place {
    async fn ask(
        plan: &Plan,
        context: &Context,
        provider: &ProviderReference,
    ) -> Result<Self, Failure> {
        let ask = async |function: &str, output: &str| {
            let (none, version) = (Properties::new(), Some(aws::VERSION));
            let mut answer = context.invoke(function, &none, Some(provider), version).await?;
            answer.remove(output).ok_or_else(|| {
                Failure::new(format!("the provider's {function} did not tell `{output}`"))
            })
        };
        Ok(Self {
            region: plan.region.as_str().into(),
            account: ask(aws::CALLER_IDENTITY, "accountId").await?,
            partition: ask(aws::PARTITION, "partition").await?,
        })
    }
}

/// Turns inputs into values, with what is registered so far.
struct Resolver<'a> {
    plan: &'a Plan,
    place: &'a Place,
    done: &'a [Option<Registered>],
    packages: &'a Path,
}

impl Resolver<'_> {
    fn resource(&self, planned: &Planned, parent: &Urn, provider: &ProviderReference) -> Resource {
        let depends_on = planned.depends_on.iter().filter_map(|place| self.registered(*place));
        let options = ResourceOptions {
            parent: Some(parent.clone()),
            provider: Some(provider.clone()),
            depends_on: depends_on.map(|registered| registered.urn().clone()).collect(),
            version: Some(aws::VERSION.to_owned()),
            protect: planned.protected.then_some(true),
            ..ResourceOptions::default()
        };
        Resource::custom(planned.token.as_str(), planned.name.as_str())
            .inputs(self.map(&planned.inputs))
            .options(options)
    }

    fn map(&self, inputs: &Inputs) -> Properties {
        inputs.iter().map(|(name, input)| (name.to_string(), self.value(input))).collect()
    }

    fn value(&self, input: &Input) -> Value {
        match input {
            Input::Bool(value) => (*value).into(),
            Input::Number(value) => (*value).into(),
            Input::Text(text) => self.text(text),
            Input::List(items) => Value::List(items.iter().map(|item| self.value(item)).collect()),
            Input::Map(entries) => Value::Map(self.map(entries)),
            Input::Code(package) => Archive::Path(archive(self.packages, package)).into(),
        }
    }

    fn text(&self, text: &Text) -> Value {
        Value::concat(text.parts().iter().map(|part| match part {
            Part::Literal(literal) => Value::String(literal.to_string()),
            Part::Pseudo(Pseudo::Region) => self.place.region.clone(),
            Part::Pseudo(Pseudo::AccountId) => self.place.account.clone(),
            Part::Pseudo(Pseudo::Partition) => self.place.partition.clone(),
            Part::Attribute(id, attribute) => {
                let place = self.plan.nodes.get(id);
                match (place.and_then(|place| self.registered(*place)), attribute) {
                    (Some(registered), Attribute::Id) => registered.id(),
                    (Some(registered), Attribute::Arn) => registered.output("arn"),
                    (None, _) => Value::unknown(),
                }
            }
        }))
    }

    fn registered(&self, place: usize) -> Option<&Registered> {
        self.done.get(place)?.as_ref()
    }
}

/// Where a package's archive is.
pub(crate) fn archive(packages: &Path, package: &Package) -> String {
    packages.join(file_name(package)).to_string_lossy().into_owned()
}

/// What a package's archive is called: the last part of its key.
pub(crate) fn file_name(package: &Package) -> &str {
    package.key.rsplit('/').next().unwrap_or(&package.key)
}

/// Places are handed out by the plan itself.
fn broken() -> Failure {
    Failure::new("the plan of the stack is broken: please report it")
}
