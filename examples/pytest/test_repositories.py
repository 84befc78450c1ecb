import pytest


def test_a_repository_is_created_and_described(ecr_local, ecr):
    created = ecr.create_repository(repositoryName="team/app", imageTagMutability="IMMUTABLE")["repository"]
    assert created["repositoryUri"] == f"{ecr_local['registry']}/team/app"
    assert ecr.describe_repositories(repositoryNames=["team/app"])["repositories"] == [created]


def test_a_missing_repository_raises_its_exception(ecr):
    with pytest.raises(ecr.exceptions.RepositoryNotFoundException):
        ecr.list_images(repositoryName="team/gone")
