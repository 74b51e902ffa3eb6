"""Commands that ask questions of a result: one module a family of questions."""
