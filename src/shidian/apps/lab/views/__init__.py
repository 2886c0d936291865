"""The lab's pages, for officers; one of them for the pilots that test a clause."""
