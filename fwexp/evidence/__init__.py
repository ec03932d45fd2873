"""What the records say: pairs, statistics, verdicts, cost, decision."""
