"""The smallest hydra.main application: one file of values, and nothing to do."""

import hydra
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path=".", config_name="config")
def main(config: DictConfig) -> None:
    print(config.seed)


if __name__ == "__main__":
    main()
