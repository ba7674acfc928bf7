//! Typed AWS resources, references between them, and the graph.
