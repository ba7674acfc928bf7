//! A resource graph as a CloudFormation template.
