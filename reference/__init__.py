"""The ground floor: what a stimulus, a system, a scheme, a recording and a spike are. numpy only."""
