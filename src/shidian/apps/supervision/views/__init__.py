"""The board and the pilots' pages, for those who supervise them and those who run them."""
