"""What happened and how it was: events that are only ever appended, and samples that grow coarser with age."""
