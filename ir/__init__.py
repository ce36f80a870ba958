"""The intermediate representation (IR) of projects and sites, its YAML form, and facts derived from it."""
