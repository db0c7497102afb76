"""What the tests of whole programs share: one installation, its people, their terminals."""
