"""The only modules that choose implementations, one a word. Each imports what it makes at its top: a group pays for
what its routes ask for, because they import no other module."""
