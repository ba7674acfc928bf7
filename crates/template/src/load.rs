//! Several templates read together: each deployed once, or once a tenant, nested ones with them.

use std::borrow::Cow;
use std::sync::Arc;

use foldhash::HashMap;
use rayon::prelude::*;

use crate::condition::Truth;
use crate::diagnostic::{Fault, ReadError, nearest};
use crate::document::{self, Template, for_each};
use crate::ids::StackId;
use crate::model::{self, Existence, Model, Resource, diagnostic};
use crate::options::ReadOptions;
use crate::organization::{self, OrganizationPolicy};
use crate::resolve::{Resolver, Scope};
use crate::source::{File, FileId, Span};
use crate::stack::Stack;
use crate::syntax::{self, Entry, Failure, Kind, Node};
use crate::value::{Value, ValueKind};

/// How deep stacks may nest.
const MAX_NESTING: usize = 8;
/// How many stacks one reading may make.
const MAX_STACKS: usize = 20_000;

/// One template's text.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The name for messages, and what nested templates' paths are relative to.
    pub name: &'a str,
    /// The file's bytes.
    pub bytes: &'a [u8],
}

/// Where nested templates come from. This crate opens no file itself.
pub trait Loader: Sync {
    /// The name and bytes of a template that `from` names by this `TemplateURL`.
    ///
    /// # Errors
    /// Why it cannot be read, in a few words.
    fn load(&self, from: &str, url: &str) -> Result<(String, Vec<u8>), String>;
}

/// A loader that has nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLoader;

impl Loader for NoLoader {
    fn load(&self, _: &str, _: &str) -> Result<(String, Vec<u8>), String> {
        Err("nested templates are not read here".to_owned())
    }
}

/// How many resources a template's text declares. Nothing is transformed or resolved.
///
/// # Errors
/// The first thing that makes the text unreadable, with its place.
pub fn declared(source: Source<'_>, options: &ReadOptions) -> Result<usize, ReadError> {
    let mut program = Program::default();
    let file = FileId(0);
    let read = program.utf8(source.name, source.bytes, file, options).and_then(|text| {
        program.files.push(File::new(source.name.to_owned(), Cow::Borrowed(text)));
        let (root, _) = syntax::parse(source.name, text, file)?;
        Ok(document::template(root)?.resources.len())
    });
    read.map_err(|failure| ReadError(Box::new(diagnostic(&program.files, failure))))
}

/// Reads templates and resolves them into a model.
///
/// Templates that import nothing from each other can be read apart, on several threads: the
/// symbols of account, region and partition are the same in all readings.
///
/// # Errors
/// The first thing that makes a template unreadable, with its place.
pub fn read<'a>(
    sources: &[Source<'a>],
    options: &ReadOptions,
    loader: &dyn Loader,
) -> Result<Model<'a>, ReadError> {
    let mut program = Program::default();
    let model = program.build(sources, options, loader).and_then(|()| {
        let mut resolver = Resolver::new(&program.stacks, options);
        let resources = resources(&mut resolver)?;
        let mut elsewhere = Vec::new();
        for (stack, at, failure) in &program.elsewhere {
            if existence_of_stack(&mut resolver, *stack)?.is_some()
                && existence(&mut resolver, *stack, *at)?.is_some()
            {
                elsewhere.push(failure.clone());
            }
        }
        let Resolver { symbols, conditions, gaps, .. } = resolver;
        program.gaps.extend(gaps);
        program.gaps.extend(elsewhere);
        Ok((resources, symbols, conditions))
    });
    match model {
        Ok((resources, symbols, conditions)) => {
            let tenants = program.stacks.iter().map(|stack| stack.tenant).collect();
            let nested = program.stacks.iter().map(|stack| program.place_of(stack)).collect();
            let parts = model::Parts { resources, symbols, conditions, tenants, nested };
            let Program { files, warnings, gaps, organization, .. } = program;
            let mut model = model::build(files, parts, warnings, gaps, options);
            model.organization = organization;
            Ok(model)
        }
        Err(failure) => Err(ReadError(Box::new(diagnostic(&program.files, failure)))),
    }
}

#[derive(Default)]
struct Program<'a> {
    files: Vec<File<'a>>,
    stacks: Vec<Stack<'a>>,
    warnings: Vec<Failure>,
    gaps: Vec<Failure>,
    /// Nested stacks whose templates are not here, by the stack and the resource that name them.
    elsewhere: Vec<(StackId, usize, Failure)>,
    organization: Vec<OrganizationPolicy<'a>>,
}

impl<'a> Program<'a> {
    /// The stack around a nested one, and its logical id there.
    fn place_of(&self, stack: &Stack<'a>) -> Option<(StackId, String)> {
        let (around, at) = stack.parent?;
        let entry = self.stacks.get(around.0 as usize)?.template.resources.get(at)?;
        Some((around, entry.key.text.to_string()))
    }

    fn build(
        &mut self,
        sources: &[Source<'a>],
        options: &ReadOptions,
        loader: &dyn Loader,
    ) -> Result<(), Failure> {
        let mut texts = Vec::new();
        for source in sources {
            let file = FileId(self.files.len() as u32);
            let text = self.utf8(source.name, source.bytes, file, options)?;
            self.files.push(File::new(source.name.to_owned(), Cow::Borrowed(text)));
            texts.push((source.name, text, file));
        }
        let parse = |(name, text, file)| syntax::parse(name, text, file);
        let parsed: Vec<_> = texts.into_par_iter().map(parse).collect();
        let mut declared: Vec<String> = Vec::new();
        for parsed in parsed {
            let (root, warnings) = parsed?;
            self.warnings.extend(warnings);
            let template = document::template(root)?;
            declared.extend(template.parameters.iter().map(|entry| entry.key.text.to_string()));
            let given: HashMap<String, String> =
                options.parameters.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            if !per_tenant(&template, options) {
                self.deploy(template, String::new(), given, None, loader, options)?;
                continue;
            }
            for (at, tenant) in options.tenants.iter().enumerate() {
                let mut given = given.clone();
                given.extend(tenant.parameters.iter().map(|(k, v)| (k.clone(), v.clone())));
                let path = tenant.name.clone();
                self.deploy(template.clone(), path, given, Some(at), loader, options)?;
            }
        }
        for policy in &options.organization {
            let file = FileId(self.files.len() as u32);
            let text = self.utf8(&policy.name, &policy.bytes, file, options)?.to_owned();
            self.files.push(File::new(policy.name.clone(), Cow::Owned(text.clone())));
            self.organization.push(organization::policy(&policy.name, &text, file, policy.level)?);
        }
        let set = options.tenants.iter().flat_map(|tenant| tenant.parameters.keys());
        for name in options.parameters.keys().chain(set) {
            if !declared.contains(name) {
                let suggestion = nearest(name, declared.iter().map(String::as_str));
                let fault = Fault::UnknownParameter { name: name.clone(), suggestion };
                return Err((fault, Span { file: FileId(u32::MAX), start: 0, end: 0 }));
            }
        }
        Ok(())
    }

    fn utf8<'t>(
        &mut self,
        name: &str,
        bytes: &'t [u8],
        file: FileId,
        options: &ReadOptions,
    ) -> Result<&'t str, Failure> {
        let whole = Span::new(file, 0, 0);
        let fault = if bytes.len() > options.max_bytes {
            Fault::TooLarge { bytes: bytes.len(), limit: options.max_bytes }
        } else {
            match std::str::from_utf8(bytes) {
                Ok(text) if !text.trim().is_empty() => return Ok(text),
                Ok(_) => Fault::Empty,
                Err(error) => Fault::NotUtf8 { at: error.valid_up_to() },
            }
        };
        self.files.push(File::new(name.to_owned(), Cow::Borrowed("")));
        Err((fault, whole))
    }

    fn deploy(
        &mut self,
        mut template: Template<'a>,
        path: String,
        given: HashMap<String, String>,
        tenant: Option<usize>,
        loader: &dyn Loader,
        options: &ReadOptions,
    ) -> Result<StackId, Failure> {
        self.include(&mut template, loader, options);
        self.transform(&mut template, &given)?;
        document::check(&template)?;
        let id = StackId(self.stacks.len() as u32);
        if self.stacks.len() >= MAX_STACKS {
            return Err((Fault::TooManyStacks { limit: MAX_STACKS }, template.span));
        }
        let template = Arc::new(template);
        let file = self.files.get(template.span.file.0 as usize);
        let bytes = file.map_or(0, |file| file.text().len());
        let mut stack = Stack::new(Arc::clone(&template), path.clone(), bytes);
        stack.tenant = tenant;
        stack.given = given;
        self.stacks.push(stack);
        for (at, entry) in template.resources.iter().enumerate() {
            let kind = entry.value.get("Type").and_then(Node::as_str).unwrap_or_default();
            if document::is_module(&entry.value) {
                self.gaps.push((Fault::Module { name: kind.to_owned() }, entry.key.span));
            }
            if kind != "AWS::CloudFormation::Stack" && kind != "AWS::Serverless::Application" {
                continue;
            }
            let properties = entry.value.get("Properties");
            let url = properties.and_then(|all| all.get("TemplateURL").or(all.get("Location")));
            let url = url.and_then(Node::as_str).unwrap_or("?");
            let resolved = url.starts_with("{{resolve:");
            if url == "?" || resolved || url.contains("://") || url.starts_with('/') {
                let fault = Fault::NestedElsewhere { url: url.to_owned() };
                self.elsewhere.push((id, at, (fault, entry.key.span)));
                continue;
            }
            let below = if path.is_empty() { String::new() } else { format!("{path}/") };
            let path = format!("{below}{}", entry.key.text);
            if path.split('/').count() > MAX_NESTING {
                return Err((Fault::NestedTooDeep { limit: MAX_NESTING }, entry.key.span));
            }
            let child = self.nested(url, entry, path, tenant, loader, options)?;
            if let Some(child) = self.stacks.get_mut(child.0 as usize) {
                child.parent = Some((id, at));
            }
            if let Some(stack) = self.stacks.get_mut(id.0 as usize) {
                stack.children.insert(at, child);
            }
        }
        Ok(id)
    }

    fn nested(
        &mut self,
        url: &str,
        entry: &syntax::Entry<'a>,
        path: String,
        tenant: Option<usize>,
        loader: &dyn Loader,
        options: &ReadOptions,
    ) -> Result<StackId, Failure> {
        let from = self.files.get(entry.key.span.file.0 as usize).map(|file| file.name.clone());
        let loaded = loader.load(from.as_deref().unwrap_or_default(), url);
        let (name, bytes) = loaded
            .map_err(|reason| (Fault::NotLoaded { url: url.to_owned(), reason }, entry.key.span))?;
        let file = FileId(self.files.len() as u32);
        let text = self.utf8(&name, &bytes, file, options)?.to_owned();
        self.files.push(File::new(name.clone(), Cow::Owned(text.clone())));
        let (root, warnings) = syntax::parse(&name, &text, file)?;
        self.warnings.extend(warnings);
        let template = document::template(root.into_owned())?;
        // Loops need values that are written out; others come through the parent.
        let passed = entry.value.get("Properties").and_then(|all| all.get("Parameters"));
        let given = passed.map(Node::entries).unwrap_or_default().iter().filter_map(|entry| {
            Some((entry.key.text.to_string(), entry.value.scalar()?.to_owned()))
        });
        self.deploy(template, path, given.collect(), tenant, loader, options)
    }

    /// Puts in what `AWS::Include` names and is on this disk; what is not stays a gap.
    fn include(&mut self, template: &mut Template<'a>, loader: &dyn Loader, options: &ReadOptions) {
        let Template { conditions, resources, outputs, .. } = template;
        for entry in conditions.iter_mut().chain(resources).chain(outputs) {
            self.include_in(&mut entry.value, loader, options);
        }
    }

    fn include_in(&mut self, node: &mut Node<'a>, loader: &dyn Loader, options: &ReadOptions) {
        match &mut node.kind {
            Kind::Sequence(items) => {
                items.iter_mut().for_each(|item| self.include_in(item, loader, options));
            }
            Kind::Mapping(entries) => {
                entries
                    .iter_mut()
                    .for_each(|entry| self.include_in(&mut entry.value, loader, options));
                let named = entries.iter().enumerate().find_map(|(at, entry)| {
                    let location = document::included(entry)?;
                    Some((at, location.to_owned(), entry.key.span))
                });
                let Some((at, location, span)) = named else { return };
                let Some(snippet) = self.snippet(&location, span, loader, options) else { return };
                match snippet.kind {
                    Kind::Mapping(more) => {
                        entries.splice(at..=at, more);
                    }
                    kind if entries.len() == 1 => node.kind = kind,
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// A part of a template from a file of its own, if it can be read.
    fn snippet(
        &mut self,
        location: &str,
        span: Span,
        loader: &dyn Loader,
        options: &ReadOptions,
    ) -> Option<Node<'a>> {
        let from = self.files.get(span.file.0 as usize).map(|file| file.name.clone());
        let (name, bytes) = loader.load(from.as_deref().unwrap_or_default(), location).ok()?;
        let text = std::str::from_utf8(&bytes).ok().filter(|_| bytes.len() <= options.max_bytes)?;
        let file = FileId(self.files.len() as u32);
        let (root, warnings) = syntax::parse(&name, text, file).ok()?;
        let root = root.into_owned();
        self.files.push(File::new(name.clone(), Cow::Owned(text.to_owned())));
        self.warnings.extend(warnings);
        Some(root)
    }

    /// Runs the transforms that are known here.
    fn transform(
        &mut self,
        template: &mut Template<'a>,
        given: &HashMap<String, String>,
    ) -> Result<(), Failure> {
        for (name, span) in template.transforms.clone() {
            match name.as_str() {
                "AWS::LanguageExtensions" => {
                    let parameters = template.parameters.clone();
                    for_each::expand(template, &|name| {
                        let of = parameters.iter().find(|entry| entry.key.text == name)?;
                        let default = of.value.get("Default").and_then(Node::scalar);
                        let text = given.get(name).map(String::as_str).or(default)?;
                        Some(text.split(',').map(|item| item.trim().to_owned()).collect())
                    })?;
                }
                "AWS::Serverless-2016-10-31" => crate::sam::rewrite(template, &mut self.gaps)?,
                _ => self.gaps.push((Fault::Macro { name }, span)),
            }
        }
        Ok(())
    }
}

/// Whether a template is deployed once a tenant.
fn per_tenant(template: &Template<'_>, options: &ReadOptions) -> bool {
    let set = |name: &str| options.tenants.iter().any(|all| all.parameters.contains_key(name));
    let nobody_sets = options.tenants.iter().all(|tenant| tenant.parameters.is_empty());
    !options.tenants.is_empty()
        && template.parameters.iter().any(|entry| {
            let name = entry.key.text.as_ref();
            let open =
                entry.value.get("Default").is_none() && !options.parameters.contains_key(name);
            set(name) || (nobody_sets && open)
        })
}

/// Whether a resource of a stack exists, by its own condition; `None` where it does not.
fn existence(
    resolver: &mut Resolver<'_, '_>,
    id: StackId,
    at: usize,
) -> Result<Option<Existence>, Failure> {
    let node = resolver.stack(id)?.template.resources.get(at);
    let node = node.and_then(|entry| entry.value.get("Condition"));
    let Some((node, name)) = node.and_then(|node| Some((node, node.as_str()?))) else {
        return Ok(Some(Existence::Always));
    };
    Ok(match resolver.named(&Scope::of(id), name, node.span)? {
        Truth::No => None,
        Truth::Yes => Some(Existence::Always),
        Truth::Open(literal) => Some(Existence::When(literal)),
    })
}

/// Whether a stack exists: with every resource that it is nested in.
fn existence_of_stack(
    resolver: &mut Resolver<'_, '_>,
    id: StackId,
) -> Result<Option<Existence>, Failure> {
    let mut exists = Existence::Always;
    let mut parent = resolver.stack(id)?.parent;
    while let Some((outer, at)) = parent {
        match existence(resolver, outer, at)? {
            None => return Ok(None),
            Some(Existence::Always) => {}
            Some(when) => exists = when,
        }
        parent = resolver.stack(outer)?.parent;
    }
    Ok(Some(exists))
}

/// Every resource of every stack, resolved.
fn resources<'a>(resolver: &mut Resolver<'_, 'a>) -> Result<Vec<Resource<'a>>, Failure> {
    let mut all = Vec::new();
    let stacks = resolver.stacks;
    for (id, stack) in stacks.iter().enumerate() {
        let id = StackId(id as u32);
        let Some(of_stack) = existence_of_stack(resolver, id)? else { continue };
        let scope = Scope::of(id);
        for (at, entry) in stack.template.resources.iter().enumerate() {
            all.extend(resource(resolver, &scope, &stack.path, (at, entry), of_stack)?);
        }
        for output in &stack.template.outputs {
            let condition = output.value.get("Condition");
            let name = condition.and_then(Node::as_str);
            if let (Some(name), Some(node)) = (name, condition)
                && resolver.named(&scope, name, node.span)? == Truth::No
            {
                continue;
            }
            resolver.output(id, &output.key.text, output.key.span)?;
        }
    }
    Ok(all)
}

/// A resource of a stack; `None` where its condition says that it is not there.
fn resource<'s, 'a>(
    resolver: &mut Resolver<'s, 'a>,
    scope: &Scope,
    stack: &str,
    (at, entry): (usize, &'s Entry<'a>),
    of_stack: Existence,
) -> Result<Option<Resource<'a>>, Failure> {
    let mut existence = of_stack;
    let mut own = scope.clone();
    if let Some(node) = entry.value.get("Condition")
        && let Some(name) = node.as_str()
    {
        match resolver.named(scope, name, node.span)? {
            Truth::No => return Ok(None),
            Truth::Yes => {}
            Truth::Open(literal) => {
                existence = Existence::When(literal);
                own = resolver.assume(scope, literal, node.span)?;
            }
        }
    }
    let empty = || Value { kind: ValueKind::Map(Vec::new()), span: entry.key.span };
    let properties = match entry.value.get("Properties") {
        Some(node) => resolver.value(&own, node)?.unwrap_or_else(empty),
        None => empty(),
    };
    let attribute = |name: &str| entry.value.get(name).and_then(Node::as_str).map(str::to_owned);
    let metadata = match entry.value.get("Metadata") {
        Some(node) => resolver.value(&own, node)?,
        None => None,
    };
    Ok(Some(Resource {
        stack: scope.stack,
        path: match stack {
            "" => entry.key.text.to_string(),
            stack => format!("{stack}/{}", entry.key.text),
        },
        id: entry.key.text.to_string(),
        kind: attribute("Type").unwrap_or_default(),
        properties,
        owner: model::Owner::Shared,
        span: entry.key.span,
        existence,
        deletion_policy: attribute("DeletionPolicy"),
        update_replace_policy: attribute("UpdateReplacePolicy"),
        metadata,
        reference: resolver.resource(&own, at, None, entry.key.span)?,
        arn: resolver.arn(&own, at, entry.key.span)?,
    }))
}
