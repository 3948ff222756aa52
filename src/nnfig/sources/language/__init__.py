"""The layer list as a language: text -> tree -> long form, checked -> layers unrolled -> shapes -> Graph."""
