"""The layer list as a language: text -> tree with places -> long form, checked -> layers unrolled -> shapes -> Graph."""
