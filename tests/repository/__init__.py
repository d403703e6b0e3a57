"""The docs, the imports and the rules of the house."""
