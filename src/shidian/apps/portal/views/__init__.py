"""The public pages. Each reads published snapshots; one hands a comment over to `notices`."""
