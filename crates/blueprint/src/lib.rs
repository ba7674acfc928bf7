//! A platform as one graph of AWS resources a cell.
