"""The compiler: MLN text to the normalized intermediate representation (IR)."""
